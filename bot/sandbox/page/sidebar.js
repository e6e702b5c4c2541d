// The left: a rail that chooses what the sidebar lists, and the sidebar with channels, people and the app.
import { html, useState } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { Shortcuts } from "./composer.js";
import { IdentityButton } from "./identity.js";
import { Icon } from "./icons.js";
import { Avatar } from "./people.js";
import { app, channelName, isAppChat, me, place, rooms, section, userById, world } from "./store.js";

const channelRows = () => rooms.value.filter((c) => c.kind !== "im" && !c.is_archived);
const chats = () => rooms.value.filter((c) => c.kind === "im" && !isAppChat(c));
const appChats = () => rooms.value.filter(isAppChat);

const RailButton = ({ name, icon, label }) => html`
  <button class=${`rail-button ${section.value === name ? "is-active" : ""}`} aria-pressed=${section.value === name}
    onClick=${() => { section.value = name; }}>
    <span class="rail-icon"><${Icon} name=${icon} size=${20} /></span>${label}
  </button>`;

// All workspaces of the sandbox; each is a page of its own.
const Tile = ({ one }) => {
  const here = one.id === world.value.workspace.id;
  return html`<a class=${`workspace-tile ${here ? "is-here" : ""}`} href=${one.address} title=${one.name}
    aria-label=${`Workspace ${one.name}`} aria-current=${here ? "page" : null}>${one.name.slice(0, 1)}</a>`;
};

export const Rail = () => html`
  <nav class="rail" aria-label="Workspace">
    ${world.value.workspaces.map((one) => html`<${Tile} key=${one.id} one=${one} />`)}
    <${RailButton} name="home" icon="home" label="Home" />
    <${RailButton} name="chats" icon="chats" label="DMs" />
    <${RailButton} name="apps" icon="apps" label="Apps" />
    <span class="rail-space"></span>
    <${Shortcuts} label="Create new" icon="plus" className="rail-plus" />
    <${IdentityButton} />
  </nav>`;

const Count = ({ channel }) => {
  const count = channel.kind === "im" ? channel.unread : channel.mentions;
  return count > 0 ? html`<span class="count" aria-label=${`${count} unread`}>${count}</span>` : null;
};

const Sign = ({ channel }) => {
  if (isAppChat(channel)) return html`<${Avatar} of=${{ color: app.value.color, initials: app.value.initial }} size=${20} />`;
  if (channel.kind === "im") return html`<${Avatar} of=${userById(channel.user) ?? { initials: "?" }} size=${20} />`;
  return html`<${Icon} name=${channel.kind === "private" ? "lock" : "channels"} size=${16} />`;
};

const Row = ({ channel }) => {
  const active = place.value.channel === channel.id;
  const unread = channel.unread > 0 && !active;
  return html`
    <button class=${`side-row ${active ? "is-active" : ""} ${unread ? "is-unread" : ""} ${channel.is_member === false ? "is-outside" : ""}`}
      aria-current=${active ? "page" : null} onClick=${() => actions.enter(channel)}>
      <${Sign} channel=${channel} /><span class="side-name">${channelName(channel)}</span>
      ${channel.user === me.value && html`<span class="side-you">you</span>`}
      ${!active && html`<${Count} channel=${channel} />`}
    </button>`;
};

const Section = ({ title, list, children }) => {
  const [open, setOpen] = useState(true);
  const shown = open ? list : list.filter((c) => c.unread > 0 || c.id === place.value.channel);
  return html`
    <section class="side-section" aria-label=${title}>
      <button class=${`side-title ${open ? "" : "is-shut"}`} aria-expanded=${open} onClick=${() => setOpen(!open)}>
        <${Icon} name="chevron" size=${14} /> ${title}</button>
      ${shown.map((channel) => html`<${Row} key=${channel.id} channel=${channel} />`)}
      ${open && children}
    </section>`;
};

function Channels() {
  const [all, setAll] = useState(false);
  const mine = channelRows().filter((c) => c.is_member !== false);
  const others = channelRows().filter((c) => c.is_member === false);
  return html`<${Section} title="Channels" list=${all ? [...mine, ...others] : mine}>
    ${others.length > 0 && html`<button class="side-row side-more" onClick=${() => setAll(!all)}>
      <${Icon} name=${all ? "close" : "plus"} size=${16} />
      <span class="side-name">${all ? "Hide the others" : `Browse ${others.length} more`}</span></button>`}
  <//>`;
}

export const Sidebar = () => {
  const shows = (name) => section.value === "home" || section.value === name;
  return html`
    <nav class="sidebar" aria-label="Channels and direct messages">
      <div class="side-head">${world.value.workspace.name}<span class="side-tag">sandbox</span></div>
      <div class="side-scroll">
        ${section.value === "home" && html`<${Channels} />`}
        ${shows("chats") && (chats().length > 0 || section.value === "chats") && html`<${Section} title="Direct messages" list=${chats()} />`}
        ${shows("apps") && html`<${Section} title="Apps" list=${appChats()} />`}
      </div>
    </nav>`;
};
