// Blocks of Block Kit, drawn as Slack draws them.
import { html, useContext, useErrorBoundary, useMemo } from "./vendor/preact.js";
import { Element } from "./elements.js";
import { SurfaceContext, valuesOf } from "./form.js";
import { Markdown } from "./markdown.js";
import { Text, plain, words } from "./mrkdwn.js";
import { RichText } from "./richtext.js";

const isImage = (element) => element?.type === "image";

/** Only pictures the page itself can hold are shown; the sandbox never fetches from elsewhere. */
const Picture = ({ of, className }) => {
  const url = of.image_url ?? "";
  if (url.startsWith("data:image/") || (url.startsWith("/") && !url.startsWith("//"))) {
    return html`<img class=${className} src=${url} alt=${of.alt_text} />`;
  }
  return html`<span class=${`${className} picture-stand-in`} role="img" aria-label=${of.alt_text} title=${url}>
    ${className === "context-image" ? "▧" : `▧ ${of.alt_text}`}
  </span>`;
};

const Header = ({ block }) => html`<div class="block-header" role="heading" aria-level="3">${plain(block.text.text, block.text.emoji !== false)}</div>`;

function Section({ block }) {
  const { accessory, fields } = block;
  return html`<div class="block-section">
    <div class="section-body">
      ${block.text && html`<div class="section-text"><${Text} of=${block.text} /></div>`}
      ${fields?.length > 0 && html`<div class="section-fields">
        ${fields.map((field) => html`<div class="section-field"><${Text} of=${field} /></div>`)}
      </div>`}
    </div>
    ${accessory && html`<div class="section-accessory">
      ${isImage(accessory)
        ? html`<${Picture} of=${accessory} className="accessory-image" />`
        : html`<${Element} element=${accessory} blockId=${block.block_id} dispatches=${true} />`}
    </div>`}
  </div>`;
}

const Actions = ({ block }) => html`
  <div class="block-actions">
    ${block.elements.map((element, i) => html`
      <${Element} key=${`${i}-${element.action_id}`} element=${element} blockId=${block.block_id} dispatches=${true} />`)}
  </div>`;

const Context = ({ block }) => html`
  <div class="block-context">
    ${block.elements.map((element) => (isImage(element)
      ? html`<${Picture} of=${element} className="context-image" />`
      : html`<span class="context-text"><${Text} of=${element} /></span>`))}
  </div>`;

const Image = ({ block }) => html`
  <figure class="block-image">
    ${block.title && html`<figcaption><${Text} of=${block.title} /></figcaption>`}
    <${Picture} of=${block} className="big-image" />
  </figure>`;

const grouped = ["checkboxes", "radio_buttons"];

function Input({ block }) {
  const { surface, errors } = useContext(SurfaceContext);
  const error = errors?.[block.block_id];
  const { element } = block;
  const id = `f-${surface.view_id ?? surface.ts}-${block.block_id}`;
  const notes = `${id}-notes`;
  const isGroup = grouped.includes(element.type);
  return html`<div class=${`block-input ${error ? "has-error" : ""}`} data-block-id=${block.block_id}>
    <label class="input-label" id=${`${id}-label`} for=${isGroup ? null : id}>
      ${words(block.label)}${block.optional && html` <span class="optional">(optional)</span>`}
    </label>
    <${Element} element=${element} blockId=${block.block_id} dispatches=${block.dispatch_action === true} id=${isGroup ? null : id}
      labelledBy=${`${id}-label`} describedBy=${notes} optional=${block.optional} />
    <div id=${notes}>
      ${error && html`<div class="input-error" role="alert">${error}</div>`}
      ${block.hint && html`<div class="input-hint"><${Text} of=${block.hint} /></div>`}
    </div>
  </div>`;
}

const cellKinds = {
  raw_text: (cell) => cell.text,
  raw_number: (cell) => String(cell.value ?? cell.number ?? cell.text ?? ""),
  rich_text: (cell) => html`<${RichText} block=${cell} />`,
};

function Table({ block }) {
  const [head, ...body] = block.rows ?? [];
  const style = (i) => ({
    textAlign: block.column_settings?.[i]?.align ?? "left",
    whiteSpace: block.column_settings?.[i]?.is_wrapped ? "normal" : "nowrap",
  });
  const cells = (row, tag) => row.map((cell, i) => html`<${tag} style=${style(i)}>${cellKinds[cell.type]?.(cell)}<//>`);
  return html`<div class="table-frame"><table class="block-table">
    <thead><tr>${head && cells(head, "th")}</tr></thead>
    <tbody>${body.map((row) => html`<tr>${cells(row, "td")}</tr>`)}</tbody>
  </table></div>`;
}

const Alert = ({ block }) => html`<div class=${`block-alert alert-${block.level ?? "default"}`} role="note"><${Text} of=${block.text} /></div>`;

const kinds = {
  header: Header, section: Section, actions: Actions, context: Context, image: Image, input: Input, rich_text: RichText,
  markdown: Markdown, table: Table, alert: Alert,
  divider: () => html`<hr class="block-divider" />`,
};

/** A block that cannot be drawn takes nothing else with it. */
const Block = ({ block }) => {
  const [broken] = useErrorBoundary();
  const kind = kinds[block.type];
  if (broken) return html`<div class="unsupported">This ${block.type} block could not be drawn: ${broken.message}</div>`;
  if (!kind) return html`<div class="unsupported">Unsupported block: ${block.type}</div>`;
  return html`<${kind} block=${block} />`;
};

/** The blocks of one message or view, with the values of its elements. */
export function Blocks({ blocks, surface, errors }) {
  const values = valuesOf(surface);
  const known = useMemo(() => blocks.map((block, i) => ({ ...block, block_id: block.block_id ?? `b${i}` })), [blocks]);
  return html`
    <${SurfaceContext.Provider} value=${{ surface, values, blocks: known, errors }}>
      <div class="blocks">${known.map((block) => html`<${Block} key=${block.block_id} block=${block} />`)}</div>
    <//>`;
}
