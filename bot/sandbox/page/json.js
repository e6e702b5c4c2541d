// JSON one can open and shut.
import { html } from "./vendor/preact.js";

const isTree = (value) => value !== null && typeof value === "object";

const Leaf = ({ of }) => html`<span class=${`json-${of === null ? "null" : typeof of}`}>${JSON.stringify(of)}</span>`;

const Key = ({ name }) => (name === undefined ? null : html`<span class="json-key">${name}</span>: `);

function Tree({ name, of, depth }) {
  const entries = Object.entries(of);
  const [open, shut] = Array.isArray(of) ? ["[", "]"] : ["{", "}"];
  if (!entries.length) return html`<div><${Key} name=${name} />${open}${shut}</div>`;
  return html`
    <details open=${depth < 2}>
      <summary><${Key} name=${name} />${open}<span class="json-gist">${entries.length} ${Array.isArray(of) ? "items" : "keys"}</span>${shut}</summary>
      <div class="json-inner">${entries.map(([key, value]) => html`<${Node} key=${key} name=${key} of=${value} depth=${depth + 1} />`)}</div>
    </details>`;
}

const Node = ({ name, of, depth }) =>
  isTree(of) ? html`<${Tree} name=${name} of=${of} depth=${depth} />` : html`<div><${Key} name=${name} /><${Leaf} of=${of} /></div>`;

export const Json = ({ of }) =>
  of === undefined ? html`<p class="quiet">nothing</p>` : html`<div class="json"><${Node} of=${of} depth=${0} /></div>`;
