// Interactive elements of Block Kit: what they look like, and what a use of them sends.
import { html, useContext, useMemo, useState } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { fromLocalField, toLocalField } from "./dates.js";
import { SurfaceContext, contentOf, fieldOf, isStateful, put, stateOf } from "./form.js";
import { Icon } from "./icons.js";
import { Text, safeAddress, words } from "./mrkdwn.js";
import { MenuButton } from "./popover.js";
import { Select } from "./select.js";
import { app, askToConfirm, failures, me, pending } from "./store.js";

/** Sends an action of this element, after its confirm dialog. */
function useAction(element, blockId) {
  const { surface, blocks, values } = useContext(SurfaceContext);
  const key = actions.clickKey(surface, blockId, element.action_id);
  const fire = async (content) => {
    if (element.confirm && !(await askToConfirm(element.confirm))) return false;
    const action = { block_id: blockId, action_id: element.action_id, type: element.type, ...content };
    actions.click(surface, action, stateOf(blocks, values.value));
    return true;
  };
  return { fire, busy: Boolean(pending.value[key]), failure: failures.value[key] };
}

const reasons = {
  operation_timeout: () => `${app.value.name} did not answer within 3 seconds.`,
  no_ack: () => `${app.value.name} did not answer within 3 seconds.`,
  no_app: () => `${app.value.name} is not connected.`,
  connection_failed: () => `${app.value.name} could not be reached.`,
};

const Failure = ({ error }) => {
  if (!error) return null;
  const text = reasons[error]?.() ?? `${app.value.name} could not handle this.`;
  return html`<span class="click-failed" role="alert" title=${error}>
    <${Icon} name="warning" size=${16} /> ${text} <span class="quiet">${error}</span>
  </span>`;
};

const Spinner = () => html`<span class="spinner" role="progressbar" aria-label="Waiting for the app"></span>`;

function Button({ element, blockId }) {
  const { fire, busy, failure } = useAction(element, blockId);
  const address = safeAddress(element.url);
  const only = element.visible_to_user_ids;
  if (only?.length && !only.includes(me.value)) return null;
  const press = async () => {
    if (busy) return;
    const sent = await fire(element.value === undefined ? {} : { value: element.value });
    if (sent && address) open(address, "_blank", "noopener,noreferrer");
  };
  return html`<span class="element">
    <button class=${`btn ${element.style ? `btn-${element.style}` : ""} ${busy ? "is-busy" : ""}`} aria-busy=${busy}
      aria-label=${element.accessibility_label ?? words(element.text)} data-action-id=${element.action_id}
      onClick=${press}>
      <span class="btn-words"><${Text} of=${element.text} /></span>${busy && html`<${Spinner} />`}
    </button>
    <${Failure} error=${failure} />
  </span>`;
}

function Overflow({ element, blockId }) {
  const { fire, busy, failure } = useAction(element, blockId);
  const items = element.options.map((option) => ({
    label: html`<${Text} of=${option.text} />`,
    name: words(option.text),
    description: option.description && words(option.description),
    onPick: () => {
      fire({ selected_option: option });
      const address = safeAddress(option.url);
      if (address) open(address, "_blank", "noopener,noreferrer");
    },
  }));
  return html`<span class="element">
    <${MenuButton} label="More options" className="btn btn-square" items=${items} aria-busy=${busy} data-action-id=${element.action_id}>
      ${busy ? html`<${Spinner} />` : html`<${Icon} name="dots" />`}
    <//>
    <${Failure} error=${failure} />
  </span>`;
}

/** content, a setter that also sends the action where Slack would, and what became of it. */
function useContent({ element, blockId, dispatches }) {
  const { values } = useContext(SurfaceContext);
  const { fire, busy, failure } = useAction(element, blockId);
  const content = contentOf(values.value, blockId, element);
  const set = async (next) => {
    put(values, blockId, element, next);
    if (dispatches && !(await fire({ [fieldOf(element.type)]: next }))) put(values, blockId, element, content);
  };
  return { content, set, fire, busy, failure, values };
}

function Choice(props) {
  const { element, blockId, id, optional, describedBy } = props;
  const { content, set, busy, failure } = useContent(props);
  return html`<span class=${`element element-wide ${busy ? "is-waiting" : ""}`}>
    <${Select} element=${element} blockId=${blockId} content=${content} onChange=${set} id=${id} clearable=${optional}
      describedBy=${describedBy} />
    ${busy && html`<${Spinner} />`}<${Failure} error=${failure} />
  </span>`;
}

/** The same card may stand in the channel and in its thread: each needs groups of its own. */
const useId = () => useMemo(() => crypto.getRandomValues(new Uint32Array(2)).join("-"), []);

const has = (list, option) => list.some((o) => o.value === option.value);

function Ticks(props) {
  const { element, labelledBy } = props;
  const { content, set, busy, failure } = useContent(props);
  const name = useId();
  const many = element.type === "checkboxes";
  const chosen = [content].flat().filter(Boolean);
  const toggle = (option) => {
    if (!many) return set(option);
    const next = has(chosen, option) ? chosen.filter((o) => o.value !== option.value) : [...chosen, option];
    return set(element.options.filter((o) => has(next, o)));
  };
  return html`<div class="ticks" role=${many ? "group" : "radiogroup"} aria-labelledby=${labelledBy}>
    ${element.options.map((option) => html`
      <label class="tick">
        <input type=${many ? "checkbox" : "radio"} name=${name} checked=${has(chosen, option)}
          onChange=${() => toggle(option)} />
        <span><${Text} of=${option.text} />
          ${option.description && html`<span class="tick-about"><${Text} of=${option.description} /></span>`}</span>
      </label>`)}
    ${busy && html`<${Spinner} />`}<${Failure} error=${failure} />
  </div>`;
}

const dateFields = {
  datepicker: { type: "date", toField: (v) => v ?? "", fromField: (v) => v || null },
  timepicker: { type: "time", toField: (v) => v ?? "", fromField: (v) => v || null },
  datetimepicker: {
    type: "datetime-local",
    toField: (v) => (v === null ? "" : toLocalField(v)),
    fromField: (v) => (v ? fromLocalField(v) : null),
  },
};

function When(props) {
  const { element, id, describedBy } = props;
  const { content, set, busy, failure } = useContent(props);
  const field = dateFields[element.type];
  return html`<span class="element">
    <input class="field field-short" type=${field.type} id=${id} value=${field.toField(content)} aria-describedby=${describedBy}
      aria-label=${id ? null : words(element.placeholder) || element.action_id} data-action-id=${element.action_id}
      autofocus=${element.focus_on_load} onChange=${(event) => set(field.fromField(event.target.value))} />
    ${busy && html`<${Spinner} />`}<${Failure} error=${failure} />
  </span>`;
}

const inputTypes = { number_input: "text", email_text_input: "email", url_text_input: "url" };

function Typed(props) {
  const { element, id, describedBy, blockId } = props;
  const { content, fire, failure, values } = useContent({ ...props, dispatches: false });
  const on = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const [touched, touch] = useState(false);
  const text = content ?? "";
  const onInput = (event) => {
    touch(true);
    const next = event.target.value || null;
    put(values, blockId, element, next);
    if (props.dispatches && on.includes("on_character_entered")) fire({ value: next });
  };
  const onKeyDown = (event) => {
    const enters = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (enters && props.dispatches && on.includes("on_enter_pressed")) { event.preventDefault(); fire({ value: content }); }
  };
  const common = {
    id, class: "field", value: text, onInput, onKeyDown, placeholder: words(element.placeholder),
    "aria-label": id ? null : words(element.placeholder) || element.action_id, "aria-describedby": describedBy,
    "data-action-id": element.action_id, autofocus: element.focus_on_load,
  };
  const left = element.max_length === undefined ? null : element.max_length - text.length;
  return html`<div class="typed">
    ${element.multiline
      ? html`<textarea rows="4" ...${common}></textarea>`
      : html`<input type=${inputTypes[element.type] ?? "text"} inputmode=${element.type === "number_input" ? "decimal" : null} ...${common} />`}
    ${left !== null && (touched || left < 0) && html`<span class=${`counter ${left < 0 ? "counter-over" : ""}`}>${left}</span>`}
    <${Failure} error=${failure} />
  </div>`;
}

const kinds = {
  button: Button, overflow: Overflow, checkboxes: Ticks, radio_buttons: Ticks,
  datepicker: When, timepicker: When, datetimepicker: When,
  plain_text_input: Typed, number_input: Typed, email_text_input: Typed, url_text_input: Typed,
};

/** Any element; in an input block it has an id for its label and speaks only with dispatch_action. */
export function Element(props) {
  const { element } = props;
  const kind = kinds[element.type] ?? (isStateful(element) ? Choice : null);
  if (!kind) return html`<span class="unsupported">Unsupported element: ${element.type}</span>`;
  return html`<${kind} ...${props} />`;
}
