// The main pane: a channel or DM with its header, messages and composer; the app's DM has tabs.
import { html } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { Composer } from "./composer.js";
import { clockTime } from "./dates.js";
import { HomeTab, AboutTab } from "./home.js";
import { Icon } from "./icons.js";
import { Messages } from "./message.js";
import { mrkdwn } from "./mrkdwn.js";
import { Avatar, Marks } from "./people.js";
import { MenuButton } from "./popover.js";
import { useStickToEnd } from "./scroll.js";
import { StepsTab } from "./steps.js";
import { app, channelName, here, isAppChat, me, messages, nameOf, now, place, rootsIn, tick, userById, world } from "./store.js";

const faceOf = (channel) =>
  isAppChat(channel) ? { color: app.value.color, initials: app.value.initial } : userById(channel.user) ?? { initials: "?" };

const Sign = ({ channel }) => {
  if (channel.kind === "im") return html`<${Avatar} of=${faceOf(channel)} size=${24} />`;
  return html`<${Icon} name=${channel.kind === "private" ? "lock" : "channels"} />`;
};

const memberItems = (channel) =>
  channel.members.map((id) => {
    const user = userById(id);
    const isApp = id === app.value.bot_user_id;
    const face = isApp ? { color: app.value.color, initials: app.value.initial } : user ?? { initials: "?" };
    const label = isApp ? app.value.name : user ? nameOf(user) : id;
    return {
      label, description: isApp ? "APP" : user?.title, icon: html`<${Avatar} of=${face} size=${24} />`,
      onPick: () => (user && !isApp && !user.is_bot ? actions.become(id) : undefined),
    };
  });

const Members = ({ channel }) => html`
  <${MenuButton} className="members" label=${`${channel.members.length} members`} width=${260}
    items=${[{ title: "Members · choose one to act as them" }, ...memberItems(channel)]}>
    ${channel.members.slice(0, 3).map((id) => html`<${Avatar} size=${20}
      of=${id === app.value.bot_user_id ? { color: app.value.color, initials: app.value.initial } : userById(id) ?? { initials: "?" }} />`)}
    <span>${channel.members.length}</span>
  <//>`;

function Header({ channel }) {
  const name = channelName(channel);
  return html`
    <header class="pane-header">
      <h1 class="pane-title"><${Sign} channel=${channel} /> ${name}${isAppChat(channel) && html` <span class="badge">APP</span>`}
        <${Marks} user=${channel.kind === "im" ? userById(channel.user) : null} />
        ${channel.is_ext_shared && html`<span class="badge badge-soft">shared with another organisation</span>`}</h1>
      <div class="pane-topic">${channel.topic && mrkdwn(channel.topic)}</div>
      ${channel.kind !== "im" && channel.members && html`<${Members} channel=${channel} />`}
    </header>`;
}

/** A workflow tab where the app brings steps for Workflow Builder; Slack itself shows none. */
const tabs = () => ["home", "messages", ...(world.value?.functions?.length ? ["workflow"] : []), "about"];

const Tabs = ({ tab, unread }) => html`
  <div class="tabs" role="tablist">
    ${tabs().map((name) => html`
      <button class="tab" role="tab" aria-selected=${tab === name} onClick=${() => actions.showTab(name)}>
        ${name[0].toUpperCase() + name.slice(1)}${name === "messages" && tab !== name && unread > 0 && html` <span class="count">${unread}</span>`}
      </button>`)}
  </div>`;

const Beginning = ({ channel }) => html`
  <div class="beginning">
    ${channel.kind === "im" && html`<${Avatar} of=${faceOf(channel)} size=${56} />`}
    <h2>${channel.kind === "im" ? channelName(channel) : `# ${channel.name}`}</h2>
    <p>${channel.kind === "im"
      ? html`This conversation is just between <b>${channelName(channel)}</b> and you.`
      : html`This is the very beginning of the <b>#${channel.name}</b> channel.`}</p>
  </div>`;

function LocalTime({ channel }) {
  tick.value;
  const user = userById(channel.user);
  if (!user || isAppChat(channel) || user.id === me.value || !user.tz) return null;
  const theirs = new Intl.DateTimeFormat("en-US", { timeZone: user.tz, hour: "numeric", minute: "2-digit" }).format(now() * 1000);
  if (theirs === clockTime(now())) return null;
  return html`<div class="local-time">It is ${theirs} for ${nameOf(user)}.</div>`;
}

function Conversation({ channel }) {
  const box = useStickToEnd(channel.id);
  const loaded = messages.value[channel.id];
  return html`
    <div class="scroll" ref=${box}>
      <div class="message-list" role="log" aria-label=${`Messages in ${channelName(channel)}`}>
        ${loaded && html`<${Beginning} channel=${channel} />
          <${Messages} list=${rootsIn(channel.id)} channel=${channel.id} />`}
      </div>
    </div>
    <${LocalTime} channel=${channel} />
    ${channel.is_archived
      ? html`<div class="archived">This channel is archived.</div>`
      : channel.is_member === false
        ? html`<div class="archived">You are not a member of this channel; you are looking in from outside.</div>`
        : html`<${Composer} key=${`${me.value}-${channel.id}`} channel=${channel.id} placeholder=${`Message ${channel.kind === "im" ? "" : "#"}${channelName(channel)}`} />`}`;
}

export function ChannelPane() {
  const channel = here.value;
  if (!channel) return html`<main class="pane"><p class="loading">Choose a channel.</p></main>`;
  const tab = isAppChat(channel) ? place.value.tab : "messages";
  return html`
    <main class="pane" aria-label=${channelName(channel)}>
      <${Header} channel=${channel} />
      ${isAppChat(channel) && html`<${Tabs} tab=${tab} unread=${channel.unread} />`}
      ${tab === "home" && html`<${HomeTab} />`}
      ${tab === "workflow" && html`<${StepsTab} />`}
      ${tab === "about" && html`<${AboutTab} />`}
      ${tab === "messages" && html`<${Conversation} key=${channel.id} channel=${channel} />`}
    </main>`;
}
