// Times as Slack shows them, in the viewer's own zone and by the sandbox's own clock.
import { now, zone } from "./store.js";

const formats = new Map(); // making one is slow, and a channel asks for thousands

function format(at, options) {
  const key = `${zone.value} ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-US", { timeZone: zone.value, ...options }));
  return formats.get(key).format(at * 1000);
}

const ordinal = (day) => {
  const tail = day % 100 > 10 && day % 100 < 14 ? 0 : day % 10;
  return `${day}${["th", "st", "nd", "rd"][tail] ?? "th"}`;
};

/** The date in the viewer's zone as YYYY-MM-DD. */
export const isoDay = (at) => {
  const part = (options) => format(at, options);
  const day = part({ day: "2-digit" });
  return `${part({ year: "numeric" })}-${part({ month: "2-digit" })}-${day}`;
};

export const clockTime = (at) => format(at, { hour: "numeric", minute: "2-digit" });
const clockTimeSeconds = (at) => format(at, { hour: "numeric", minute: "2-digit", second: "2-digit" });

const isFar = (at) => Math.abs(at - now()) > 182 * 86400;
const yearIfFar = (at) => (isFar(at) ? `, ${format(at, { year: "numeric" })}` : "");
const monthDay = (at) => `${format(at, { month: "long" })} ${ordinal(Number(format(at, { day: "numeric" })))}`;

const plainDate = (at) => `${monthDay(at)}${yearIfFar(at)}`;
const shortDate = (at) => format(at, { month: "short", day: "numeric", year: "numeric" });
const longDate = (at) => `${format(at, { weekday: "long" })}, ${monthDay(at)}${yearIfFar(at)}`;

function nearDay(at) {
  const names = { [isoDay(now() - 86400)]: "yesterday", [isoDay(now())]: "today", [isoDay(now() + 86400)]: "tomorrow" };
  return names[isoDay(at)];
}

const pretty = (plain) => (at) => nearDay(at) ?? plain(at);

export function ago(at) {
  const gap = Math.abs(now() - at);
  if (gap < 1) return "just now";
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([s]) => gap >= s) ?? [1, "second"];
  const count = Math.floor(gap / size);
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return at <= now() ? `${words} ago` : `in ${words}`;
}

const dayDivider = (at) => {
  const near = nearDay(at);
  return near ? near[0].toUpperCase() + near.slice(1) : longDate(at);
};

const tokens = {
  date_num: isoDay,
  date: plainDate,
  date_slash: (at) => format(at, { year: "numeric", month: "2-digit", day: "2-digit" }),
  date_short: shortDate,
  date_long: longDate,
  date_long_full: (at) => `${format(at, { weekday: "long" })}, ${monthDay(at)}, ${format(at, { year: "numeric" })}`,
  date_pretty: pretty(plainDate),
  date_short_pretty: pretty(shortDate),
  date_long_pretty: pretty(longDate),
  day_divider_pretty: dayDivider,
  time: clockTime,
  time_secs: clockTimeSeconds,
  ago,
};

/** Slack's date tokens; the first letter of what a leading token gives is capital, as in Slack. */
export function dateTokens(at, template) {
  const filled = template.replace(/\{(\w+)\}/g, (whole, name) => tokens[name]?.(at) ?? whole);
  return template.startsWith("{") && !template.startsWith("{ago") ? filled.charAt(0).toUpperCase() + filled.slice(1) : filled;
}

export const dayTitle = dayDivider;
export const fullMoment = (at) => `${longDate(at)} at ${clockTimeSeconds(at)}`;
export const clockMoment = (at) => `${format(at, { weekday: "short", month: "short", day: "numeric" })}, ${clockTime(at)}`;

/** "YYYY-MM-DDTHH:MM" in the viewer's zone, as a datetime-local field wants it. */
export const toLocalField = (at) => {
  const time = format(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `${isoDay(at)}T${time}`;
};

/** The reverse: two rounds settle the offset, also near a change of summer time. */
export function fromLocalField(text) {
  const wanted = Date.parse(`${text}:00Z`) / 1000;
  const shown = (at) => Date.parse(`${toLocalField(at)}:00Z`) / 1000;
  const once = wanted - (shown(wanted) - wanted);
  return once - (shown(once) - wanted);
}
