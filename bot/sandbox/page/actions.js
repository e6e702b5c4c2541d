// What a person can do on the page. Each one is a request to the server; what it changes comes back by the stream.
import { batch } from "./vendor/preact.js";
import { send } from "./api.js";
import * as s from "./store.js";
import { connect, disconnect, loadLog, loadMessages, loadThread, loadWorld, markRead } from "./stream.js";

const as = () => s.me.value;

const complain = (problem) => s.say(problem.message || String(problem), true);

function writeAddress() {
  history.replaceState(null, "", `?as=${encodeURIComponent(as())}#${encodeURIComponent(s.place.value.channel)}`);
}

export async function start() {
  await loadWorld().catch((problem) => {
    if (!as()) throw problem;
    s.me.value = ""; // nobody of that id here: begin as the first person
    return loadWorld();
  });
  await connect(as());
  await loadWorld(); // once more, as what came before the stream was open is not told by it
  if (!s.here.value) s.place.value = { channel: firstChannel(), tab: "messages" };
  loadLog().catch(complain);
  await openChannel(s.place.value.channel, s.place.value.tab);
}

function firstChannel() {
  const mine = s.rooms.value.filter((c) => c.is_member !== false && !c.is_archived);
  const busiest = mine.filter((c) => c.kind !== "im").sort((a, b) => b.mentions - a.mentions || b.unread - a.unread);
  return (busiest[0] ?? mine[0])?.id ?? "";
}

/** Becomes somebody else: everything of the one before is dropped and read anew. */
export async function become(user) {
  if (user === as()) return;
  const before = s.here.value;
  disconnect();
  batch(() => {
    s.me.value = user;
    s.messages.value = {};
    s.thread.value = null;
    s.modals.value = [];
    s.failures.value = {};
  });
  await connect(user);
  await loadWorld();
  await openChannel(counterpart(before), s.place.value.tab);
}

/** The same channel for the next person; for the app's DM, their own DM with it. */
function counterpart(before) {
  const list = s.rooms.value;
  if (s.isAppChat(before)) return list.find(s.isAppChat)?.id ?? firstChannel();
  const same = list.find((c) => c.id === before?.id && c.kind !== "im" && c.is_member !== false);
  return same?.id ?? firstChannel();
}

export async function openChannel(channel, tab = "messages") {
  const keepsThread = s.thread.value?.channel === channel;
  batch(() => {
    s.place.value = { channel, tab: s.isAppChat(s.channels.value[channel]) ? tab : "messages" };
    if (!keepsThread) s.thread.value = null;
  });
  writeAddress();
  if (!channel) return;
  await loadMessages(channel).catch(complain);
  if (s.isAppChat(s.here.value)) showTab(s.place.value.tab);
  else markRead(channel);
}

/** Opens the app at what is new: its messages, else its Home tab. */
export const enter = (channel) => openChannel(channel.id, s.isAppChat(channel) && !channel.unread ? "home" : "messages");

export function showTab(tab) {
  s.place.value = { ...s.place.value, tab };
  if (tab === "messages") markRead(s.place.value.channel);
  if (["home", "messages"].includes(tab)) send("home_opened", { as: as(), tab }).catch(complain);
}

export const openThread = (channel, ts) => loadThread(channel, ts).catch(complain);

export const closeThread = () => { s.thread.value = null; };

export const dismiss = (ts) => { s.dismissed.value = new Set([...s.dismissed.value, ts]); };

/** Full names, as the composer shows them, become handles; the server links and escapes the rest. */
const withHandles = (text) =>
  [...s.world.value.users]
    .sort((a, b) => s.nameOf(b).length - s.nameOf(a).length)
    .reduce((done, user) => done.replaceAll(`@${s.nameOf(user)}`, `@${user.name}`), text);

export function write(channel, text, thread_ts) {
  const said = { as: as(), channel, text: withHandles(text) };
  if (!text.startsWith("/")) return send("message", { ...said, thread_ts }).catch(complain);
  if (thread_ts) return s.say("Slash commands do not work inside threads.", true);
  return send("command", said).catch(complain); // what went wrong is told by Slackbot, as in Slack
}

export const surfaceKey = (surface) => surface.view_id ?? `${surface.channel}:${surface.ts}`;

export const clickKey = (surface, block_id, action_id) => `${surfaceKey(surface)}|${block_id}|${action_id}`;

const without = (map, key) => Object.fromEntries(Object.entries(map).filter(([k]) => k !== key));

/** Sends one click and shows its wait and its failure beside the element. */
export async function click(surface, action, values) {
  const key = clickKey(surface, action.block_id, action.action_id);
  s.failures.value = without(s.failures.value, key);
  s.pending.value = { ...s.pending.value, [key]: true };
  const done = await send("click", { as: as(), source: surface, action, state: { values } }).catch((problem) => ({
    ok: false, error: problem.message,
  }));
  s.pending.value = without(s.pending.value, key);
  if (!done.ok) s.failures.value = { ...s.failures.value, [key]: done.error || "unknown_error" };
}

export const submit = (view_id, values) =>
  send("submit", { as: as(), view_id, state: { values } }).catch((problem) => ({ ok: false, error: problem.message }));

export const closeView = (view_id, all) =>
  send("close", { as: as(), view_id, all }).catch(() => { // a view the server no longer knows is gone here too
    s.modals.value = all ? [] : s.modals.value.filter((view) => view.id !== view_id);
  });

export const options = (surface, block_id, action_id, value) =>
  send("options", { as: as(), source: surface, block_id, action_id, value });

export const shortcut = (callback_id, channel, message_ts) =>
  send("shortcut", { as: as(), callback_id, channel, message_ts })
    .then((done) => { if (done.ok === false) s.say(`The shortcut failed: ${done.error}`, true); })
    .catch(complain);

export const runStep = (callback_id, inputs) => send("step", { as: as(), callback_id, inputs }).catch(complain);

export const turnClock = (change) => send("clock", change).then(s.setClock).catch(complain);

export function showInspector(open) {
  s.inspecting.value = open;
  localStorage.setItem("sandbox.inspector", open ? "open" : "closed");
}
