// Fault switches: let the next calls fail, to see how the app bears it.
import { html, useEffect, useState } from "./vendor/preact.js";
import { read, remove, send } from "./api.js";
import { say } from "./store.js";

const methods = ["ack", "chat.postMessage", "chat.update", "chat.postEphemeral", "views.open", "views.update", "views.push", "views.publish",
  "users.info", "users.lookupByEmail", "users.list", "usergroups.list", "usergroups.users.list", "conversations.open", "response_url", "*"];

const kinds = {
  429: "answer 429 ratelimited", 500: "answer HTTP 500", timeout: "never answer", drop_reply: "do it, but lose the answer", error: "answer an error",
};

const ready = [
  ["Lose the next ack", { method: "ack", kind: "drop_reply", count: 1 }],
  ["Next chat.update gets 429", { method: "chat.update", kind: "429", count: 1, retry_after: 5 }],
  ["Next chat.postMessage gets 500", { method: "chat.postMessage", kind: "500", count: 1 }],
  ["Lose the next post's answer", { method: "chat.postMessage", kind: "drop_reply", count: 1 }],
];

function Form({ add }) {
  const [fault, setFault] = useState({ method: "chat.update", kind: "429", count: 1, retry_after: 5, error: "internal_error" });
  const set = (name) => (event) =>
    setFault({ ...fault, [name]: event.target.type === "number" ? Number(event.target.value) : event.target.value });
  const { method, kind, count, retry_after, error } = fault;
  const given = { method, kind, count, ...(kind === "429" && { retry_after }), ...(kind === "error" && { error }) };
  const submit = (event) => { event.preventDefault(); add(given); };
  return html`
    <form class="fault-form" onSubmit=${submit}>
      <label>The next <input class="field" type="number" min="1" aria-label="How many" value=${count} onInput=${set("count")} /></label>
      <label>calls of <input class="field" list="fault-methods" aria-label="Method" value=${method} onInput=${set("method")} /></label>
      <datalist id="fault-methods">${methods.map((name) => html`<option value=${name} />`)}</datalist>
      <select class="field" aria-label="Kind of fault" value=${kind} onChange=${set("kind")}>
        ${Object.entries(kinds).map(([name, text]) => html`<option value=${name}>${text}</option>`)}
      </select>
      ${kind === "429" && html`<label>Retry-After <input class="field" type="number" min="0" aria-label="Retry-After" value=${retry_after} onInput=${set("retry_after")} /> s</label>`}
      ${kind === "error" && html`<input class="field" aria-label="Error" value=${error} onInput=${set("error")} />`}
      <button class="btn btn-primary" type="submit">Add fault</button>
    </form>`;
}

export function Faults() {
  const [list, setList] = useState([]);
  const complain = (problem) => say(problem.message, true);
  const refresh = () => read("faults").then((found) => setList(found.faults ?? [])).catch(complain);
  const add = (fault) => send("faults", fault).then(refresh).catch(complain);
  const clear = () => remove("faults").then(refresh).catch(complain);
  useEffect(() => {
    refresh();
    const again = setInterval(refresh, 2000);
    return () => clearInterval(again);
  }, []);
  return html`
    <div class="faults">
      <div class="fault-ready">${ready.map(([label, fault]) => html`<button class="btn" onClick=${() => add(fault)}>${label}</button>`)}</div>
      <${Form} add=${add} />
      <h4>Waiting faults</h4>
      ${list.length === 0 && html`<p class="quiet">None: every call goes well.</p>`}
      <ul class="fault-list">${list.map((f) => html`
        <li><b>${f.method}</b>: the next ${f.count} ${kinds[f.kind] ?? f.kind}${f.kind === "error" ? ` (${f.error})` : ""}</li>`)}</ul>
      ${list.length > 0 && html`<button class="btn" onClick=${clear}>Clear all faults</button>`}
    </div>`;
}
