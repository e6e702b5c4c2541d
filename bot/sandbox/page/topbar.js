// The top: jump to a channel, the sandbox's clock, the inspector's switch, and who one is.
import { html, useRef, useState } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { ClockButton } from "./clock.js";
import { Icon } from "./icons.js";
import { IdentityChip } from "./identity.js";
import { Popover } from "./popover.js";
import { channelName, connected, inspecting, rooms, world } from "./store.js";

const found = (query) => {
  const wanted = query.trim().toLowerCase();
  return rooms.value.filter((c) => channelName(c).toLowerCase().includes(wanted)).slice(0, 8);
};

function Jump() {
  const [query, setQuery] = useState("");
  const [open, setOpen] = useState(false);
  const anchor = useRef(null);
  const list = open ? found(query) : [];
  const close = () => { setOpen(false); setQuery(""); };
  const go = (channel) => {
    close();
    anchor.current.querySelector("input").blur();
    actions.enter(channel);
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && list.length) go(list[0]);
    if (event.key === "Escape") { close(); event.target.blur(); }
  };
  return html`
    <div class="jump" ref=${anchor}>
      <${Icon} name="search" size=${16} />
      <input aria-label="Go to a channel or person" placeholder=${`Go to a channel or person in ${world.value.workspace.name}`} value=${query}
        onFocus=${() => setOpen(true)} onInput=${(event) => setQuery(event.target.value)} onKeyDown=${onKeyDown} />
      ${open && html`<${Popover} anchor=${anchor} onClose=${close} width=${anchor.current?.offsetWidth}>
        <div class="select-list">
          ${list.map((channel) => html`<button class="menu-item" onMouseDown=${(e) => e.preventDefault()} onClick=${() => go(channel)}>
            <${Icon} name=${channel.kind === "im" ? "chats" : channel.kind === "private" ? "lock" : "channels"} size=${16} />
            <span class="menu-words">${channelName(channel)}</span></button>`)}
          ${!list.length && html`<div class="select-note">Nothing of that name</div>`}
        </div><//>`}
    </div>`;
}

const transports = { http: "signed HTTP", socket: "Socket Mode", none: "no app connected" };

const Transport = () => {
  const kind = world.value.transport;
  return html`<span class=${`transport transport-${kind}`} title="How the app is reached">
    <span class="dot"></span>${transports[kind] ?? kind}</span>`;
};

export const TopBar = () => html`
  <header class="topbar">
    <${Transport} />
    <${Jump} />
    ${!connected.value && html`<span class="offline" role="status">Reconnecting…</span>`}
    <div class="topbar-right">
      <${ClockButton} />
      <button class=${`top-button ${inspecting.value ? "is-active" : ""}`} aria-pressed=${inspecting.value}
        onClick=${() => actions.showInspector(!inspecting.value)}><${Icon} name="code" size=${16} /> Inspector</button>
      <${IdentityChip} />
    </div>
  </header>`;
