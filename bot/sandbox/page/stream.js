// Reads the world and keeps it current from the server's stream of events.
import { batch } from "./vendor/preact.js";
import { read, send, streamAddress } from "./api.js";
import * as s from "./store.js";

let source = null;
let viewTurns = 0; // counts what the stream has said of modals and Home

/** Reads people, channels, modals and Home; again when the stream changed a view meanwhile. */
export async function loadWorld() {
  let world, before;
  do {
    before = viewTurns;
    world = await read("state", { as: s.me.value });
  } while (before !== viewTurns);
  batch(() => {
    s.setWorld(world);
    s.me.value = world.me.id;
    s.home.value = world.home;
    s.modals.value = world.modals ?? [];
    if (s.sessionStart.value === Infinity) s.sessionStart.value = world.clock.now;
    s.setClock(world.clock);
  });
}

const loads = new Set(); // readings under way: {channel, thread, changes}

/** Reads a list, then makes the changes again that the stream told while it was read: a reading may be older than they. */
async function readList(channel, thread) {
  const load = { channel, thread, changes: [] };
  loads.add(load);
  try {
    const found = await read("messages", { as: s.me.value, channel, thread });
    return load.changes.reduce((list, change) => change(list), found.messages);
  } finally {
    loads.delete(load);
  }
}

const noteChange = (channel, concerns, change) => {
  for (const load of loads) if (load.channel === channel && concerns(load.thread)) load.changes.push(change);
};

export async function loadMessages(channel) {
  const as = s.me.value;
  const list = await readList(channel);
  if (as === s.me.value) s.messages.value = { ...s.messages.value, [channel]: list };
}

export async function loadThread(channel, ts) {
  const as = s.me.value;
  const list = await readList(channel, ts);
  if (as === s.me.value) s.thread.value = { channel, ts, messages: list };
}

export async function loadLog() {
  s.log.value = (await read("log", { after: 0 })).entries;
}

export const markRead = (channel) => send("read", { as: s.me.value, channel }).catch(() => {});

/** Places a message by its ts: the same ts replaces, a new one is sorted in. */
function placed(list, message) {
  const rest = list.filter((m) => m.ts !== message.ts);
  const after = rest.findIndex((m) => Number(m.ts) > Number(message.ts));
  return after < 0 ? [...rest, message] : [...rest.slice(0, after), message, ...rest.slice(after)];
}

const alter = (channel, change) => {
  noteChange(channel, (thread) => thread === undefined, change);
  const list = s.messages.value[channel];
  if (list) s.messages.value = { ...s.messages.value, [channel]: change(list) };
};

const alterThread = (channel, ts, change) => {
  noteChange(channel, (thread) => thread !== undefined && (ts === null || ts === thread), change);
  const open = s.thread.value;
  if (open && open.channel === channel && (ts === null || open.ts === ts)) {
    s.thread.value = { ...open, messages: change(open.messages) };
  }
};

const forgetFailures = (ts) => {
  const kept = Object.entries(s.failures.value).filter(([key]) => !key.includes(ts));
  s.failures.value = Object.fromEntries(kept);
};

/** Does something for a channel a moment later, once for a burst. */
function soon(act, wait) {
  const waiting = new Set();
  return (channel) => {
    if (waiting.has(channel)) return;
    waiting.add(channel);
    setTimeout(() => { waiting.delete(channel); act(channel); }, wait);
  };
}

/** A reply changes its root's counter: read the roots again. */
const refreshSoon = soon((channel) => { if (s.messages.value[channel]) loadMessages(channel).catch(() => {}); }, 120);

const markReadSoon = soon((channel) => markRead(channel), 200);

function onMessage({ channel, message }) {
  batch(() => {
    forgetFailures(message.ts);
    if (s.isReply(message)) {
      alterThread(channel, message.thread_ts, (list) => placed(list, message));
      refreshSoon(channel);
    } else {
      alterThread(channel, message.ts, (list) => placed(list, message));
    }
    if (!s.isReply(message) || s.isBroadcast(message)) alter(channel, (list) => placed(list, message));
  });
  const { channel: shown, tab } = s.place.value;
  if (shown === channel && tab === "messages" && !document.hidden) markReadSoon(channel);
}

function onEphemeral({ channel, message }) {
  const shown = { ...message, is_ephemeral: true };
  if (s.isReply(shown)) alterThread(channel, shown.thread_ts, (list) => placed(list, shown));
  else alter(channel, (list) => placed(list, shown));
}

function onDeleted({ channel, ts }) {
  const without = (list) => list.filter((m) => m.ts !== ts);
  alter(channel, without);
  if (s.thread.value?.channel === channel && s.thread.value.ts === ts) s.thread.value = null;
  alterThread(channel, null, without);
  refreshSoon(channel);
}

const onPushed = ({ view }) => {
  s.modals.value = [...s.modals.value.filter((v) => v.id !== view.id), view];
};

const onUpdated = ({ view }) => {
  s.modals.value = s.modals.value.map((v) => (v.id === view.id ? view : v));
};

function onUnread({ channel, unread, mentions }) {
  const known = s.channels.value[channel];
  if (!known || (known.unread === unread && known.mentions === mentions)) return;
  s.rooms.value = s.rooms.value.map((c) => (c.id === channel ? { ...c, unread, mentions } : c));
}

async function onChannels() {
  const world = await read("state", { as: s.me.value });
  batch(() => s.setWorld(world));
}

function onLog({ entry }) {
  s.log.value = [...s.log.value.filter((e) => e.n !== entry.n), entry].slice(-500);
  if (s.world.value?.transport === "none") onChannels().catch(() => {}); // the app has just been heard of
}

const handlers = {
  message: onMessage,
  message_deleted: onDeleted,
  ephemeral: onEphemeral,
  home: ({ view }) => { s.home.value = view; },
  modal_open: ({ view }) => { s.modals.value = [view]; },
  modal_push: onPushed,
  modal_update: onUpdated,
  modal_close: ({ view_id }) => { s.modals.value = s.modals.value.filter((v) => v.id !== view_id); },
  modals_cleared: () => { s.modals.value = []; },
  unread: onUnread,
  steps: ({ steps }) => { s.steps.value = steps; },
  channels: onChannels,
  clock: s.setClock,
  log: onLog,
};

async function resume() {
  await loadWorld();
  const open = s.thread.value;
  const channel = s.place.value.channel;
  await Promise.all([
    loadLog(),
    channel && loadMessages(channel),
    open && loadThread(open.channel, open.ts),
  ]);
}

const onViews = ["home", "modal_open", "modal_push", "modal_update", "modal_close", "modals_cleared"];

let told = [];

/** Events are taken a few at a time, so that a burst costs one drawing. */
function takeEvents() {
  const taken = told;
  told = [];
  batch(() => { for (const data of taken) handlers[data.type]?.(data); });
}

function onEvent(event) {
  const data = JSON.parse(event.data);
  if (onViews.includes(data.type)) viewTurns += 1;
  if (told.push(data) === 1) setTimeout(takeEvents, 15);
}

export const disconnect = () => {
  source?.close();
  told = [];
};

/** Opens the stream of one person, done when it is open; a reconnect reads everything again. */
export function connect(as) {
  disconnect();
  const opened = new EventSource(streamAddress(as));
  source = opened;
  opened.onmessage = onEvent;
  return new Promise((resolve) => {
    opened.onerror = () => {
      if (source === opened) s.connected.value = false;
      resolve();
    };
    opened.onopen = () => {
      s.connected.value = true;
      resolve();
      opened.onopen = () => { s.connected.value = true; resume().catch(() => {}); };
    };
  });
}
