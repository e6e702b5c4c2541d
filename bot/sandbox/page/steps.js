// Workflow Builder in small: run one of the app's steps with inputs, and see how the app ends it.
import { html, useState } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { clockTime } from "./dates.js";
import { nameOf, people, rooms, steps, userById, world } from "./store.js";

const STATES = { open: "Waits for the app", succeeded: "Went on", failed: "Stopped" };

const isPerson = (input) => input.type === "slack#/types/user_id";
const isChannel = (input) => input.type === "slack#/types/channel_id";

function Field({ input, value, change }) {
  const set = (event) => change(event.target.value);
  if (input.type === "boolean") {
    return html`<input type="checkbox" checked=${value === true} onChange=${(event) => change(event.target.checked)} />`;
  }
  if (isPerson(input) || isChannel(input)) {
    const offered = isPerson(input)
      ? people.value.map((user) => [user.id, nameOf(user)])
      : rooms.value.filter((room) => room.kind !== "im").map((room) => [room.id, `#${room.name}`]);
    return html`<select class="text-input" value=${value ?? ""} onChange=${set}>
      <option value="">–</option>
      ${offered.map(([id, name]) => html`<option value=${id}>${name}</option>`)}</select>`;
  }
  const kind = ["number", "integer"].includes(input.type) ? "number" : "text";
  return html`<input class="text-input" type=${kind} value=${value ?? ""} onInput=${set} />`;
}

/** What was filled in, numbers as numbers; what was left empty is left out. */
const typed = (inputs, values) =>
  Object.fromEntries(inputs.filter((input) => values[input.name] !== undefined && values[input.name] !== "")
    .map((input) => [input.name, ["number", "integer"].includes(input.type) ? Number(values[input.name]) : values[input.name]]));

function StepForm({ step }) {
  const [values, setValues] = useState({});
  const missing = step.inputs.some((input) => input.required && !values[input.name]);
  const run = (event) => {
    event.preventDefault();
    if (!missing) actions.runStep(step.callback_id, typed(step.inputs, values));
  };
  return html`
    <form class="step-form" aria-label=${step.title} onSubmit=${run}>
      <h3>${step.title}</h3><p class="quiet">${step.description}</p>
      ${step.inputs.map((input) => html`
        <label class="step-field"><b>${input.title}${!input.required && html` <span class="quiet">(optional)</span>`}</b>
          <${Field} input=${input} value=${values[input.name]} change=${(value) => setValues({ ...values, [input.name]: value })} />
          ${input.description && html`<span class="quiet">${input.description}</span>`}
        </label>`)}
      <button class="btn btn-primary" type="submit" disabled=${missing}>Run the step</button>
    </form>`;
}

const Run = ({ run }) => html`
  <article class=${`step-run step-${run.state}`}>
    <b>${STATES[run.state]}</b> <span class="quiet">${run.title} · ${nameOf(userById(run.by))} · ${clockTime(run.at)}</span>
    <div>${run.inputs.title}</div>
    ${run.error && html`<p>${run.error}</p>`}
    ${run.state === "succeeded" && html`<dl>${Object.entries(run.outputs).map(([name, value]) =>
      html`<dt>${name}</dt><dd>${String(value) || "–"}</dd>`)}</dl>`}
  </article>`;

export function StepsTab() {
  return html`
    <div class="scroll" role="tabpanel" aria-label="Workflow"><div class="home about">
      <p class="quiet">In Slack a workflow built in Workflow Builder comes to this step. Here you run it yourself: it stays open
        until the app ends it.</p>
      ${(world.value.functions ?? []).map((step) => html`<${StepForm} key=${step.callback_id} step=${step} />`)}
      ${steps.value.length > 0 && html`<h3>Runs</h3>`}
      ${steps.value.map((run) => html`<${Run} key=${run.id} run=${run} />`)}
    </div></div>`;
}
