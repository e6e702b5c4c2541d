// The sandbox's clock: shown plainly, and turned forward by hand.
import { html, useRef, useState } from "./vendor/preact.js";
import { turnClock } from "./actions.js";
import { clockMoment, fullMoment } from "./dates.js";
import { Icon } from "./icons.js";
import { Popover } from "./popover.js";
import { clock, now, tick, zone } from "./store.js";

const steps = [["+5 min", 300], ["+1 h", 3600], ["+1 day", 86400]];
const units = { minutes: 60, hours: 3600, days: 86400 };

function spell(seconds) {
  let left = Math.round(seconds);
  const parts = [];
  for (const [name, size] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
    if (left >= size) parts.push(`${Math.floor(left / size)} ${name}`);
    left %= size;
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}

function Custom() {
  const [count, setCount] = useState("30");
  const [unit, setUnit] = useState("minutes");
  const seconds = Number(count) * units[unit];
  const turn = (event) => { event.preventDefault(); if (seconds > 0) turnClock({ advance: seconds }); };
  return html`
    <form class="clock-custom" onSubmit=${turn}>
      <input class="field" type="number" min="1" aria-label="How much" value=${count} onInput=${(e) => setCount(e.target.value)} />
      <select class="field" aria-label="Unit" value=${unit} onChange=${(e) => setUnit(e.target.value)}>
        ${Object.keys(units).map((name) => html`<option value=${name}>${name}</option>`)}
      </select>
      <button class="btn" type="submit" disabled=${!(seconds > 0)}>Advance</button>
    </form>`;
}

const Panel = () => {
  tick.value;
  const { offset } = clock.value;
  return html`
    <div class="clock-panel" role="dialog" aria-label="Clock">
      <div class="clock-big">${fullMoment(now())}</div>
      <div class="quiet">${zone.value}${offset >= 1 ? ` · ${spell(offset)} ahead of the real time` : " · the real time"}</div>
      <div class="clock-steps">
        ${steps.map(([label, advance]) => html`<button class="btn" onClick=${() => turnClock({ advance })}>${label}</button>`)}
      </div>
      <${Custom} />
      <button class="btn" disabled=${offset < 1} onClick=${() => turnClock({ reset: true })}>Reset to the real time</button>
      <p class="quiet">Reminders and deadlines follow this clock.</p>
    </div>`;
};

export function ClockButton() {
  const anchor = useRef(null);
  const [open, setOpen] = useState(false);
  tick.value;
  const { offset } = clock.value;
  return html`
    <button ref=${anchor} class=${`top-button ${offset >= 1 ? "is-turned" : ""}`} aria-haspopup="dialog" aria-expanded=${open}
      aria-label=${`Clock: ${clockMoment(now())}${offset >= 1 ? `, ${spell(offset)} ahead` : ""}`} onClick=${() => setOpen(!open)}>
      <${Icon} name="clock" size=${16} /> ${clockMoment(now())}${offset >= 1 && html` <b>+${spell(offset)}</b>`}
    </button>
    ${open && html`<${Popover} anchor=${anchor} onClose=${() => setOpen(false)} width=${290}><${Panel} /><//>`}`;
}
