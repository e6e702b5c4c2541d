// The small dialog an element may ask for before it acts.
import { html, useEffect, useRef } from "./vendor/preact.js";
import { Icon } from "./icons.js";
import { Text, words } from "./mrkdwn.js";
import { trapTab } from "./popover.js";
import { confirming } from "./store.js";

function Dialog({ confirm, resolve }) {
  const box = useRef(null);
  const before = useRef(document.activeElement);
  useEffect(() => {
    box.current.querySelector(".btn-main").focus();
    return () => before.current?.focus?.();
  }, []);
  const answer = (yes) => { confirming.value = null; resolve(yes); };
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") answer(false);
    trapTab(event, box.current);
  };
  const style = confirm.style === "danger" ? "danger" : "primary";
  return html`
    <div class="shade shade-top" onMouseDown=${(event) => { if (event.target === event.currentTarget) event.preventDefault(); }}>
      <div class="dialog dialog-small" role="alertdialog" aria-modal="true" aria-labelledby="confirm-title" aria-describedby="confirm-text"
        ref=${box} tabindex="-1" onKeyDown=${onKeyDown}>
        <header class="dialog-head"><h2 id="confirm-title">${words(confirm.title)}</h2>
          <button class="icon-button" aria-label="Close" onClick=${() => answer(false)}><${Icon} name="close" /></button></header>
        <div class="dialog-body" id="confirm-text"><${Text} of=${confirm.text} /></div>
        <footer class="dialog-foot">
          <button class="btn btn-large" onClick=${() => answer(false)}>${words(confirm.deny) || "Cancel"}</button>
          <button class=${`btn btn-large btn-main btn-${style}`} onClick=${() => answer(true)}>${words(confirm.confirm) || "Yes"}</button>
        </footer>
      </div>
    </div>`;
}

export const ConfirmDialog = () => (confirming.value ? html`<${Dialog} ...${confirming.value} />` : null);
