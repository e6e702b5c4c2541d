// The inspector: every request and answer between this Slack and the app, and faults on request.
import { html, useState } from "./vendor/preact.js";
import { showInspector } from "./actions.js";
import { clockTime } from "./dates.js";
import { Directory } from "./directory.js";
import { Faults } from "./faults.js";
import { Icon } from "./icons.js";
import { Json } from "./json.js";
import { log, say } from "./store.js";

const interactive = ["slash_commands", "block_actions", "view_submission", "view_closed", "shortcut", "message_action", "block_suggestion"];

const filters = {
  All: () => true,
  "To the app": (e) => e.direction === "to_app",
  Interactions: (e) => interactive.includes(e.kind),
  "Web API": (e) => e.kind === "web_api" || e.kind === "response_url",
  Failed: (e) => Boolean(e.error) || e.status >= 400,
};

const failed = (entry) => Boolean(entry.error) || entry.status >= 400;

const Row = ({ entry, chosen, choose }) => html`
  <button class=${`log-row ${chosen ? "is-active" : ""} ${failed(entry) ? "is-failed" : ""}`} role="row" aria-selected=${chosen} onClick=${choose}>
    <span class=${`log-way ${entry.direction}`}>${entry.direction === "to_app" ? "→ app" : "← app"}</span>
    <span class="log-kind">${entry.kind}</span>
    <span class="log-title">${entry.title}</span>
    <span class="log-status">${entry.error ?? entry.status}</span>
    <span class="log-ms">${Math.round(entry.ms * 10) / 10} ms</span>
    <span class="log-at">${clockTime(entry.at)}</span>
  </button>`;

const copy = (entry) =>
  navigator.clipboard.writeText(JSON.stringify(entry, null, 2)).then(() => say("Copied."), () => say("The browser would not copy.", true));

const Detail = ({ entry }) => {
  if (!entry) return html`<div class="log-detail quiet">Choose a line to see what was sent and answered.</div>`;
  return html`
    <div class="log-detail">
      <div class="log-detail-head"><b>${entry.title}</b>
        <button class="btn" onClick=${() => copy(entry)}><${Icon} name="copy" size=${14} /> Copy</button></div>
      <h4>${entry.direction === "to_app" ? "Sent to the app" : "Asked by the app"}</h4>
      <${Json} key=${`${entry.n}-in`} of=${entry.request} />
      <h4>Answer · ${entry.error ?? entry.status} · ${entry.ms} ms</h4>
      <${Json} key=${`${entry.n}-out`} of=${entry.response} />
    </div>`;
};

function Requests() {
  const [filter, setFilter] = useState("All");
  const [chosen, choose] = useState(null);
  const [from, setFrom] = useState(0);
  const list = log.value.filter((e) => e.n > from && filters[filter](e)).toReversed();
  return html`
    <div class="log">
      <div class="log-side">
        <div class="log-filters">
          ${Object.keys(filters).map((name) => html`
            <button class=${`chip ${filter === name ? "is-active" : ""}`} aria-pressed=${filter === name} onClick=${() => setFilter(name)}>${name}</button>`)}
          <button class="chip" onClick=${() => { setFrom(log.value.at(-1)?.n ?? 0); choose(null); }}>Clear</button>
        </div>
        <div class="log-rows" role="grid" aria-label="Requests">
          ${list.map((entry) => html`<${Row} key=${entry.n} entry=${entry} chosen=${chosen === entry.n} choose=${() => choose(entry.n)} />`)}
          ${!list.length && html`<p class="quiet log-none">Nothing yet. Click a button or type a command.</p>`}
        </div>
      </div>
      <${Detail} entry=${list.find((e) => e.n === chosen)} />
    </div>`;
}

export function Inspector() {
  const [tab, setTab] = useState("Requests");
  return html`
    <section class="inspector" aria-label="Inspector">
      <header class="inspector-head" role="tablist">
        ${["Requests", "Faults", "People"].map((name) => html`
          <button class="tab" role="tab" aria-selected=${tab === name} onClick=${() => setTab(name)}>${name}</button>`)}
        <button class="icon-button" aria-label="Close inspector" title="Close" onClick=${() => showInspector(false)}><${Icon} name="close" /></button>
      </header>
      ${tab === "Requests" ? html`<${Requests} />` : tab === "Faults" ? html`<${Faults} />` : html`<${Directory} />`}
    </section>`;
}
