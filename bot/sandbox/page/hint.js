// First steps for a newcomer, until dismissed.
import { html, useState } from "./vendor/preact.js";
import { Icon } from "./icons.js";
import { world } from "./store.js";

const generic = [
  "Click a button on a card",
  "Become somebody else with “You are”, top right",
  "Type / to see the commands",
  "Turn the clock to see reminders and deadlines",
];

const remembered = () => localStorage.getItem("sandbox.hint") === "dismissed";

export function Hint() {
  const [gone, setGone] = useState(remembered());
  if (gone) return null;
  const lines = world.value.hint?.length ? world.value.hint : generic;
  const dismiss = () => { localStorage.setItem("sandbox.hint", "dismissed"); setGone(true); };
  return html`
    <div class="hint" role="note" aria-label="First steps">
      <b>First steps</b>
      <ol>${lines.map((line) => html`<li>${line}</li>`)}</ol>
      <button class="icon-button" aria-label="Dismiss the first steps" onClick=${dismiss}><${Icon} name="close" size=${16} /></button>
    </div>`;
}
