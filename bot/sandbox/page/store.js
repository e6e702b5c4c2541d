// What the page knows: one signal per noun, and small readings of them.
import { signal, computed } from "./vendor/preact.js";

const params = new URLSearchParams(location.search);

export const me = signal(params.get("as") || "");
export const world = signal(null);
export const rooms = signal([]); // channels and DMs, apart from the world as their counts change often
export const place = signal({ channel: decodeURIComponent(location.hash.slice(1)), tab: "messages" });
export const section = signal("home"); // which part of the sidebar the rail has chosen
export const messages = signal({}); // channel id -> list, oldest first
export const dismissed = signal(new Set());
export const thread = signal(null); // {channel, ts, messages}
export const modals = signal([]); // root first
export const home = signal(null);
export const steps = signal([]); // runs of the app's workflow steps, the newest first
export const clock = signal({ now: Date.now() / 1000, offset: 0, read: performance.now() });
export const tick = signal(0); // turns every few seconds so that shown times move
export const log = signal([]);
export const inspecting = signal(localStorage.getItem("sandbox.inspector") === "open");
export const connected = signal(true);
export const toast = signal(null); // {text, bad}
export const pending = signal({}); // click key -> true
export const failures = signal({}); // click key -> error
export const confirming = signal(null); // {confirm, style, resolve}
export const sessionStart = signal(Infinity); // ephemerals older than this page are gone

export const users = computed(() => byId(world.value?.users));
export const channels = computed(() => byId(rooms.value));
export const groups = computed(() => byId(world.value?.usergroups));
export const viewer = computed(() => users.value[me.value] ?? world.value?.me ?? null);
export const zone = computed(() => viewer.value?.tz || "UTC");
export const app = computed(() => world.value?.app ?? {});
export const here = computed(() => channels.value[place.value.channel] ?? null);
export const topModal = computed(() => modals.value[modals.value.length - 1] ?? null);

function byId(list) {
  return Object.fromEntries((list ?? []).map((item) => [item.id, item]));
}

export function setWorld(found) {
  world.value = found;
  rooms.value = found.channels;
  steps.value = found.steps ?? [];
}

export const setClock = ({ now, offset }) => {
  clock.value = { now, offset, read: performance.now() };
  if (now < sessionStart.value) sessionStart.value = now;
};

/** The sandbox's own time in Unix seconds. */
export const now = () => clock.value.now + (performance.now() - clock.value.read) / 1000;

export const isAppChat = (channel) => channel?.kind === "im" && channel.user === app.value.bot_user_id;

const isSlackbot = (id) => id === "USLACKBOT";

const slackbot = { id: "USLACKBOT", name: "slackbot", real_name: "Slackbot", color: "#611f69", initials: "S" };

/** The people one can be, choose or mention. */
export const people = computed(() =>
  Object.values(users.value).filter((u) => !u.is_bot && !u.deleted && !isSlackbot(u.id)));

export const userById = (id) => users.value[id] ?? (isSlackbot(id) ? slackbot : null);

export const nameOf = (user) => user?.real_name || user?.name || "someone";

/** Who a message is from: {name, color, initials, isApp, user?}. */
export function authorOf(message) {
  const isApp = Boolean(message.bot_id) || message.user === app.value.bot_user_id;
  if (isApp) return { name: message.username || app.value.name, color: app.value.color, initials: app.value.initial, isApp };
  const user = userById(message.user);
  const fallback = isSlackbot(message.user) || message.username === "Slackbot" ? slackbot : null;
  const found = user ?? fallback ?? { name: message.username || message.user || "unknown", color: "#888", initials: "?" };
  return { name: nameOf(found), color: found.color, initials: found.initials, isApp: false, user };
}

export function channelName(channel) {
  if (channel.kind !== "im") return channel.name;
  if (isAppChat(channel)) return app.value.name;
  const user = userById(channel.user);
  return user ? nameOf(user) : channel.name;
}

export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

export const isBroadcast = (message) => message.subtype === "thread_broadcast";

/** Ephemerals live only in the page that was open when they came, until dismissed. */
export const isShown = (message) =>
  !message.is_ephemeral || (Number(message.ts) >= sessionStart.value && !dismissed.value.has(message.ts));

export const rootsIn = (channel) =>
  (messages.value[channel] ?? []).filter((m) => isShown(m) && (!isReply(m) || isBroadcast(m)));

export function say(text, bad = false) {
  toast.value = { text, bad };
  setTimeout(() => { if (toast.value?.text === text) toast.value = null; }, 5000);
}

/** Answers true or false once the person has chosen. */
export const askToConfirm = (confirm) =>
  new Promise((resolve) => { confirming.value = { confirm, resolve }; });
