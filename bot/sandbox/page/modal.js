// The stack of modals: the top one is shown, with its inputs, checks and errors.
import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { Blocks } from "./blocks.js";
import { problemsIn, stateOf, valuesOf } from "./form.js";
import { Icon } from "./icons.js";
import { words } from "./mrkdwn.js";
import { Avatar } from "./people.js";
import { trapTab } from "./popover.js";
import { app, confirming, modals, topModal } from "./store.js";

const focusFirst = (root) => {
  const first = root.querySelector("[autofocus]") ?? root.querySelector(".dialog-body :is(input, textarea)");
  (first ?? root).focus();
};

const focusError = (root) => root.querySelector(".has-error :is(input, textarea, button)")?.focus();

/** Blocks need ids here too, as errors and values are kept by them. */
const named = (blocks) => blocks.map((block, i) => ({ ...block, block_id: block.block_id ?? `b${i}` }));

/** Sending a view: our own checks first, then the app's errors under their fields. */
function useSubmit(view, root) {
  const [errors, setErrors] = useState({});
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const values = valuesOf({ view_id: view.id });
  const blocks = named(view.blocks);
  const show = (found) => { setErrors(found); setTimeout(() => root.current && focusError(root.current)); };
  const submit = async () => {
    if (busy) return;
    setTrouble("");
    const found = problemsIn(blocks, values.value);
    if (Object.keys(found).length) { show(found); return; }
    setErrors({});
    setBusy(true);
    const done = await actions.submit(view.id, stateOf(blocks, values.value));
    setBusy(false);
    if (done.errors) show(done.errors);
    else if (!done.ok) setTrouble(done.error || "unknown_error");
  };
  return { errors, busy, trouble, submit };
}

function Dialog({ view, depth }) {
  const root = useRef(null);
  const { errors, busy, trouble, submit } = useSubmit(view, root);
  useLayoutEffect(() => focusFirst(root.current), []);
  const close = (all) => actions.closeView(view.id, all);
  const onKeyDown = (event) => {
    if (confirming.value) return;
    if (event.key === "Escape") { event.stopPropagation(); close(true); }
    const inField = event.target.tagName === "INPUT" && !["combobox"].includes(event.target.role ?? event.target.getAttribute("role"));
    if (event.key === "Enter" && view.submit && !event.defaultPrevented && (event.ctrlKey || event.metaKey || inField)) submit();
    trapTab(event, root.current);
  };
  const title = words(view.title);
  return html`
    <div class="dialog" role="dialog" aria-modal="true" aria-label=${title} ref=${root} tabindex="-1" onKeyDown=${onKeyDown}>
      <header class="dialog-head">
        ${depth > 1 && html`<button class="icon-button" aria-label="Back" title="Back" onClick=${() => close(false)}><${Icon} name="back" /></button>`}
        <${Avatar} of=${{ color: app.value.color, initials: app.value.initial }} size=${28} />
        <h2>${title}</h2>
        <button class="icon-button" aria-label="Close" title="Close" onClick=${() => close(true)}><${Icon} name="close" /></button>
      </header>
      <div class="dialog-body"><${Blocks} blocks=${view.blocks} surface=${{ view_id: view.id }} errors=${errors} /></div>
      ${trouble && html`<div class="dialog-trouble" role="alert"><${Icon} name="warning" /> We had some trouble connecting. Try again?
        <span class="quiet">${trouble}</span></div>`}
      <footer class="dialog-foot">
        <button class="btn btn-large" onClick=${() => close(false)}>${words(view.close) || (view.submit ? "Cancel" : "Close")}</button>
        ${view.submit && html`<button class=${`btn btn-large btn-primary ${busy ? "is-busy" : ""}`} aria-busy=${busy} onClick=${submit}>
          <span class="btn-words">${words(view.submit)}</span>${busy && html`<span class="spinner"></span>`}</button>`}
      </footer>
    </div>`;
}

export function Modals() {
  const view = topModal.value;
  const before = useRef(null);
  if (view) before.current ??= document.activeElement; // read before the dialog takes the focus
  useEffect(() => {
    if (view) return;
    before.current?.focus?.();
    before.current = null;
  }, [Boolean(view)]);
  if (!view) return null;
  const keepFocus = (event) => { if (event.target === event.currentTarget) event.preventDefault(); };
  return html`<div class="shade" onMouseDown=${keepFocus}>
    <${Dialog} key=${view.id} view=${view} depth=${modals.value.length} />
  </div>`;
}
