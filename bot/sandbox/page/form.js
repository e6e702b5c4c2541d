// The values of a surface's stateful elements, in Slack's own shape, and the checks before a submit.
import { createContext, effect, signal } from "./vendor/preact.js";
import { surfaceKey } from "./actions.js";
import { modals, place } from "./store.js";

/** {surface, values (signal), blocks, errors} for the elements below it. */
export const SurfaceContext = createContext(null);

/** type -> [field of the value, field of its beginning, what empty is] */
const shapes = {
  plain_text_input: ["value", "initial_value", null],
  number_input: ["value", "initial_value", null],
  email_text_input: ["value", "initial_value", null],
  url_text_input: ["value", "initial_value", null],
  static_select: ["selected_option", "initial_option", null],
  external_select: ["selected_option", "initial_option", null],
  users_select: ["selected_user", "initial_user", null],
  channels_select: ["selected_channel", "initial_channel", null],
  conversations_select: ["selected_conversation", "initial_conversation", null],
  multi_static_select: ["selected_options", "initial_options", []],
  multi_external_select: ["selected_options", "initial_options", []],
  multi_users_select: ["selected_users", "initial_users", []],
  multi_channels_select: ["selected_channels", "initial_channels", []],
  multi_conversations_select: ["selected_conversations", "initial_conversations", []],
  datepicker: ["selected_date", "initial_date", null],
  timepicker: ["selected_time", "initial_time", null],
  datetimepicker: ["selected_date_time", "initial_date_time", null],
  checkboxes: ["selected_options", "initial_options", []],
  radio_buttons: ["selected_option", "initial_option", null],
};

export const fieldOf = (type) => shapes[type][0];

export const isStateful = (element) => Boolean(shapes[element?.type]);

const forms = new Map();

export function valuesOf(surface) {
  const key = surfaceKey(surface);
  if (!forms.has(key)) forms.set(key, signal({}));
  return forms.get(key);
}

let openViews = [];

/** A closed view forgets what was typed into it. */
effect(() => {
  const ids = modals.value.map((view) => view.id);
  openViews.filter((id) => !ids.includes(id)).forEach((id) => forms.delete(id));
  openViews = ids;
});

const slot = (blockId, element) => `${blockId}|${element.action_id}`;

function beginning(element) {
  const [field, from, empty] = shapes[element.type];
  const here = element.default_to_current_conversation ? place.value.channel : undefined;
  const start = element[from] ?? (here && (Array.isArray(empty) ? [here] : here)) ?? empty;
  return { type: element.type, [field]: start };
}

/** What stands in an element: what was put in under the same block_id and action_id, else its beginning. */
function currentOf(values, blockId, element) {
  const kept = values[slot(blockId, element)];
  return kept?.type === element.type ? kept : beginning(element);
}

export const contentOf = (values, blockId, element) => currentOf(values, blockId, element)[fieldOf(element.type)];

export function put(values, blockId, element, content) {
  const value = { type: element.type, [fieldOf(element.type)]: content };
  values.value = { ...values.value, [slot(blockId, element)]: value };
  return value;
}

function elementsIn(block) {
  if (block.type === "input") return [block.element];
  if (block.type === "actions") return block.elements;
  if (block.type === "section" && block.accessory) return [block.accessory];
  return [];
}

/** state.values of a surface as Slack sends it. */
export function stateOf(blocks, values) {
  const state = {};
  for (const block of blocks ?? []) {
    for (const element of elementsIn(block).filter(isStateful)) {
      state[block.block_id] ??= {};
      state[block.block_id][element.action_id] = currentOf(values, block.block_id, element);
    }
  }
  return state;
}

const isEmpty = (content) =>
  content === null || content === undefined || content.length === 0 || (typeof content === "string" && !content.trim());

const tooShort = (text, least) => text.length < least && `This must be at least ${least} characters long.`;
const tooLong = (text, most) => text.length > most && `This must be at most ${most} characters long.`;

function numberTrouble(text, { is_decimal_allowed: decimal, min_value: least, max_value: most }) {
  const wanted = decimal ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/;
  if (!wanted.test(text)) return decimal ? "Please enter a valid number." : "Please enter a whole number.";
  if (least !== undefined && Number(text) < Number(least)) return `Please enter a number of at least ${least}.`;
  if (most !== undefined && Number(text) > Number(most)) return `Please enter a number of at most ${most}.`;
  return false;
}

const checks = {
  plain_text_input: (text, e) => tooShort(text, e.min_length ?? 0) || tooLong(text, e.max_length ?? 3000),
  number_input: (text, e) => numberTrouble(text.trim(), e),
  email_text_input: (text) => !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) && "Please enter a valid email address.",
  url_text_input: (text) => !URL.canParse(text) && "Please enter a valid URL.",
};

/** block_id -> what is wrong, for the inputs that may not be sent yet. */
export function problemsIn(blocks, values) {
  const found = {};
  for (const block of blocks.filter((b) => b.type === "input" && isStateful(b.element))) {
    const content = contentOf(values, block.block_id, block.element);
    const trouble = isEmpty(content)
      ? !block.optional && "Please complete this required field."
      : checks[block.element.type]?.(content, block.element);
    if (trouble) found[block.block_id] = trouble;
  }
  return found;
}
