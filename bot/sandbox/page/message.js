// One message: its author, its words or blocks, its thread line and its toolbar.
import { html } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { Blocks } from "./blocks.js";
import { ago, clockTime, dayTitle, fullMoment, isoDay } from "./dates.js";
import { emoji } from "./emoji.js";
import { Icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { Avatar, Marks } from "./people.js";
import { MenuButton } from "./popover.js";
import { app, authorOf, isBroadcast, isReply, me, say, tick, userById, world } from "./store.js";

const BesideName = ({ author }) => html`
  ${author.isApp && html`<span class="badge">APP</span>`}
  <${Marks} user=${author.user} />
  ${author.user?.status_emoji && html`<span class="emoji" title=${author.user.status_text}>
    ${emoji[author.user.status_emoji.replaceAll(":", "")] ?? ""}</span>`}`;

const Moment = ({ ts }) => html`<time class="moment" title=${fullMoment(Number(ts))}>${clockTime(Number(ts))}</time>`;

function Body({ message, channel }) {
  const { blocks, ts } = message;
  const surface = { channel, ts, ...(message.is_ephemeral && { ephemeral: true }) };
  const edited = message.edited && html`<span class="edited"> (edited)</span>`;
  return html`
    ${blocks?.length > 0
      ? html`<${Blocks} blocks=${blocks} surface=${surface} />${edited}`
      : html`<div class="message-text">${mrkdwn(message.text ?? "")}${edited}</div>`}
    ${(message.attachments ?? []).map((of) => html`<${Attachment} of=${of} surface=${surface} />`)}`;
}

const Attachment = ({ of, surface }) => html`
  <div class="attachment" style=${{ borderColor: /^#[0-9a-f]{6}$/i.test(of.color ?? "") ? of.color : null }}>
    ${of.pretext && html`<div class="message-text">${mrkdwn(of.pretext)}</div>`}
    ${of.title && html`<b>${of.title}</b>`}
    ${of.blocks?.length > 0
      ? html`<${Blocks} blocks=${of.blocks} surface=${surface} />`
      : html`<div class="message-text">${mrkdwn(of.text ?? of.fallback ?? "")}</div>`}
  </div>`;

function ThreadLine({ message, channel }) {
  tick.value;
  const people = (message.reply_users ?? []).slice(0, 4).map(faceOf);
  const count = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  return html`
    <button class="thread-line" onClick=${() => actions.openThread(channel, message.ts)}>
      ${people.map((person) => html`<${Avatar} of=${person} size=${24} />`)}
      <span class="thread-count">${count}</span>
      ${message.latest_reply && html`<span class="thread-when">Last reply ${ago(Number(message.latest_reply))}</span>`}
    </button>`;
}

const faceOf = (id) =>
  id === app.value.bot_user_id ? { color: app.value.color, initials: app.value.initial } : userById(id) ?? { initials: "?" };

const Reactions = ({ list }) => html`
  <div class="reactions">
    ${list.map((r) => html`<span class=${`reaction ${r.users?.includes(me.value) ? "reaction-mine" : ""}`}>
      ${emoji[r.name] ?? `:${r.name}:`} ${r.count}</span>`)}
  </div>`;

const messageShortcuts = () => (world.value?.shortcuts ?? []).filter((s) => s.type === "message");

const copy = (text) => navigator.clipboard.writeText(text).then(() => say("Copied."), () => say("The browser would not copy.", true));

function moreItems(message, channel) {
  const run = (s) => ({
    label: s.name,
    description: app.value.name,
    icon: html`<${Avatar} of=${{ color: app.value.color, initials: app.value.initial }} size=${20} />`,
    onPick: () => actions.shortcut(s.callback_id, channel, message.ts),
  });
  return [
    ...messageShortcuts().map(run),
    { label: "Copy text", icon: html`<${Icon} name="copy" />`, onPick: () => copy(message.text ?? "") },
    { label: "Copy message as JSON", icon: html`<${Icon} name="code" />`, onPick: () => copy(JSON.stringify(message, null, 2)) },
  ];
}

const Toolbar = ({ message, channel, inThread }) => html`
  <div class="toolbar" role="toolbar" aria-label="Message actions">
    ${!inThread && html`<button class="icon-button" aria-label="Reply in thread" title="Reply in thread"
      onClick=${() => actions.openThread(channel, message.thread_ts ?? message.ts)}><${Icon} name="thread" /></button>`}
    <${MenuButton} label="More actions" items=${moreItems(message, channel)} width=${260}><${Icon} name="dots" /><//>
  </div>`;

const OnlyYou = ({ message }) => html`
  <div class="only-you"><${Icon} name="eye" size=${14} /> Only visible to you
    <button class="link-button" onClick=${() => actions.dismiss(message.ts)}>Dismiss</button>
  </div>`;

const FromThread = ({ message, channel }) => html`
  <div class="from-thread">replied to a thread:
    <button class="link-button" onClick=${() => actions.openThread(channel, message.thread_ts)}>View thread</button>
  </div>`;

export function Message({ message, channel, follows, inThread }) {
  const author = authorOf(message);
  const { is_ephemeral: ephemeral } = message;
  const compact = follows && !ephemeral;
  const labelled = `${author.name}: ${(message.text ?? "").slice(0, 80)}`;
  return html`
    <article class=${`message ${compact ? "message-follows" : ""} ${ephemeral ? "message-ephemeral" : ""}`} aria-label=${labelled}
      data-ts=${message.ts}>
      <div class="gutter">${compact ? html`<${Moment} ts=${message.ts} />` : html`<${Avatar} of=${author} />`}</div>
      <div class="message-body">
        ${ephemeral && html`<${OnlyYou} message=${message} />`}
        ${!compact && html`<div class="byline"><span class="author">${author.name}</span><${BesideName} author=${author} />
          <${Moment} ts=${message.ts} /></div>`}
        ${!inThread && isBroadcast(message) && html`<${FromThread} message=${message} channel=${channel} />`}
        <${Body} message=${message} channel=${channel} />
        ${message.reactions?.length > 0 && html`<${Reactions} list=${message.reactions} />`}
        ${!inThread && message.reply_count > 0 && !isReply(message) && html`<${ThreadLine} message=${message} channel=${channel} />`}
      </div>
      ${!ephemeral && html`<${Toolbar} message=${message} channel=${channel} inThread=${inThread} />`}
    </article>`;
}

const sameAuthor = (a, b) => a.user === b.user && a.bot_id === b.bot_id && a.username === b.username;

/** A message follows on when the same author wrote within five minutes of the last. */
const follows = (before, message) =>
  Boolean(before) && !before.is_ephemeral && sameAuthor(before, message) && !isBroadcast(message) &&
  Number(message.ts) - Number(before.ts) < 300 && isoDay(Number(before.ts)) === isoDay(Number(message.ts));

const startsDay = (before, message) => !before || isoDay(Number(before.ts)) !== isoDay(Number(message.ts));

const newDay = (message) => html`
  <div class="day-rule"></div>
  <div class="day" role="separator"><span>${dayTitle(Number(message.ts))}</span></div>`;

const drawn = { channel: new WeakMap(), thread: new WeakMap() };

/** The same node for the same message, so that a change of one card does not draw two hundred. */
function nodeOf(message, channel, follows, inThread) {
  const kept = drawn[inThread ? "thread" : "channel"];
  const known = kept.get(message);
  if (known?.follows === follows) return known.node;
  const node = html`<${Message} key=${message.ts} message=${message} channel=${channel} follows=${follows} inThread=${inThread} />`;
  kept.set(message, { follows, node });
  return node;
}

/** A list of messages; each day is a section, so that its date goes when the day does. */
export function Messages({ list, channel, inThread, days = true }) {
  const nodes = list.map((message, i) => nodeOf(message, channel, follows(list[i - 1], message), Boolean(inThread)));
  if (!days) return nodes;
  const starts = list.flatMap((message, i) => (startsDay(list[i - 1], message) ? [i] : []));
  return starts.map((from, i) => html`<section key=${`day-${isoDay(Number(list[from].ts))}`}>
    ${newDay(list[from])}${nodes.slice(from, starts[i + 1])}
  </section>`);
}
