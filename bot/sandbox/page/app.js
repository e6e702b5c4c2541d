// The page: what stands where, and what keys do everywhere.
import { html, render, useEffect } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { ChannelPane } from "./channel.js";
import { ConfirmDialog } from "./confirm.js";
import { Hint } from "./hint.js";
import { Inspector } from "./inspector.js";
import { Modals } from "./modal.js";
import { Rail, Sidebar } from "./sidebar.js";
import { ThreadPane } from "./thread.js";
import { TopBar } from "./topbar.js";
import { app, inspecting, me, place, thread, tick, toast, topModal, world } from "./store.js";
import { markRead } from "./stream.js";

const Toast = () =>
  toast.value && html`<div class=${`toast ${toast.value.bad ? "toast-bad" : ""}`} role="status">${toast.value.text}</div>`;

function onEscape(event) {
  if (event.key === "Escape" && !event.defaultPrevented && !topModal.value && thread.value) actions.closeThread();
}

const onReturn = () => { if (!document.hidden && place.value.channel) markRead(place.value.channel); };

function Page() {
  useEffect(() => {
    document.addEventListener("keydown", onEscape);
    document.addEventListener("visibilitychange", onReturn);
    const turning = setInterval(() => { tick.value += 1; }, 10_000);
    return () => {
      document.removeEventListener("keydown", onEscape);
      document.removeEventListener("visibilitychange", onReturn);
      clearInterval(turning);
    };
  }, []);
  useEffect(() => { document.title = `${world.value?.workspace.name} · ${app.value.name} sandbox`; }, [world.value?.workspace.name]);
  return html`
    <div class="window">
      <${TopBar} />
      <div class="columns">
        <${Rail} />
        <div class="sheet" key=${me.value}><${Sidebar} /><${ChannelPane} /><${ThreadPane} /></div>
      </div>
      <${Hint} />
      ${inspecting.value && html`<${Inspector} />`}
    </div>
    <${Modals} /><${ConfirmDialog} /><${Toast} />`;
}

const root = document.getElementById("app");

try {
  await actions.start();
  root.replaceChildren();
  render(html`<${Page} />`, root);
} catch (problem) {
  root.firstElementChild.textContent = `The sandbox's server did not answer as expected: ${problem.message}`;
}
