// Slack's mrkdwn as nodes. User text only ever becomes text nodes, never markup.
import { html } from "./vendor/preact.js";
import { dateTokens, fullMoment } from "./dates.js";
import { emoji } from "./emoji.js";
import { channelName, channels, groups, me, nameOf, userById } from "./store.js";
import { openChannel } from "./actions.js";

const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

/** Only addresses a browser may safely follow become links. */
export const safeAddress = (url) => (/^(https?:\/\/|mailto:)/i.test(url ?? "") ? url : null);

export const Link = ({ url, children }) => {
  const address = safeAddress(url);
  if (!address) return html`<span>${children}</span>`;
  return html`<a href=${address} target="_blank" rel="noopener noreferrer">${children}</a>`;
};

export const UserMention = ({ id, label }) => {
  const user = userById(id);
  const name = user ? nameOf(user) : label || id;
  return html`<span class=${`mention ${id === me.value ? "mention-me" : ""}`}>@${name}</span>`;
};

export const ChannelMention = ({ id, label }) => {
  const channel = channels.value[id];
  if (!channel) return html`<span class="mention">${label ? `#${label}` : "🔒 private channel"}</span>`;
  const go = () => openChannel(id);
  return html`<button class="mention mention-link" onClick=${go}>#${channelName(channel)}</button>`;
};

export const GroupMention = ({ id, label }) => {
  const group = groups.value[id];
  const name = (group?.handle ?? label ?? id).replace(/^@/, "");
  const mine = group?.users?.includes(me.value);
  return html`<span class=${`mention ${mine ? "mention-me" : ""}`}>@${name}</span>`;
};

export const DateText = ({ at, format, url, fallback }) => {
  if (!Number.isFinite(at)) return html`<span>${fallback}</span>`;
  const text = html`<span title=${fullMoment(at)}>${dateTokens(at, format)}</span>`;
  return safeAddress(url) ? html`<${Link} url=${url}>${text}<//>` : text;
};

export const Emoji = ({ name, unicode }) => {
  const drawn = emoji[name] ?? fromUnicode(unicode);
  return drawn ? html`<span class="emoji" role="img" aria-label=${`${name} emoji`}>${drawn}</span>` : `:${name}:`;
};

const fromUnicode = (hex) => hex && String.fromCodePoint(...hex.split("-").map((part) => parseInt(part, 16)));

function dateToken(body) {
  const [token, fallback = ""] = split(body, "|");
  const [, at, format = "", url] = token.split("^");
  return html`<${DateText} at=${at ? Number(at) : NaN} format=${unescape(format)} url=${url} fallback=${unescape(fallback)} />`;
}

const split = (text, mark) => {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};

/** The node of one <…> token. */
function angle(body) {
  const [head, label] = split(body, "|");
  const shown = label === undefined ? undefined : unescape(label);
  if (head.startsWith("@")) return html`<${UserMention} id=${head.slice(1)} label=${shown} />`;
  if (head.startsWith("#")) return html`<${ChannelMention} id=${head.slice(1)} label=${shown} />`;
  if (head.startsWith("!subteam^")) return html`<${GroupMention} id=${head.slice(9)} label=${shown} />`;
  if (head.startsWith("!date^")) return dateToken(body);
  if (/^!(here|channel|everyone)$/.test(head)) return html`<span class="mention mention-me">@${head.slice(1)}</span>`;
  if (head.startsWith("!")) return html`<span>${shown ?? `<${head}>`}</span>`;
  const url = unescape(head);
  return html`<${Link} url=${url}>${shown ?? url.replace(/^mailto:/, "")}<//>`;
}

const OPEN = "\uE000", SHUT = "\uE001";
const atomPattern = /<([^<>\n]+)>|`([^`\n]+)`|:([a-z0-9_+'-]+):/gi;
const barePattern = /https?:\/\/[^\s<>|\uE000\uE001]+[^\s<>|.,;:!?)\]'"\uE000\uE001]/g;

/** Tokens, code and emoji first, each held by a mark no user text can contain. */
function atoms(text, verbatim) {
  const found = [];
  const hold = (node) => `${OPEN}${found.push(node) - 1}${SHUT}`;
  let held = text.replace(/[\uE000\uE001]/g, "").replace(atomPattern, (whole, token, code, name) => {
    if (token) return hold(angle(token));
    if (code) return hold(html`<code class="inline-code">${unescape(code)}</code>`);
    return emoji[name] ? hold(html`<${Emoji} name=${name} />`) : whole;
  });
  if (!verbatim) {
    held = held.replace(barePattern, (url) => hold(html`<${Link} url=${unescape(url)}>${unescape(url)}<//>`));
  }
  return [held, found];
}

const stylePattern = /(^|[^\p{L}\p{N}*_~])([*_~])(?!\s)((?:(?!\2)[^\n])+?)(?<!\s)\2(?![\p{L}\p{N}])/u;
const styleTags = { "*": "b", _: "i", "~": "s" };

function styled(text, found) {
  const match = stylePattern.exec(text);
  if (!match) return leaves(text, found);
  const [whole, before, mark, inner] = match;
  const tag = styleTags[mark];
  return [
    ...leaves(text.slice(0, match.index) + before, found),
    html`<${tag}>${styled(inner, found)}<//>`,
    ...styled(text.slice(match.index + whole.length), found),
  ];
}

function leaves(text, found) {
  const parts = text.split(/\uE000(\d+)\uE001/);
  return parts.map((part, i) => (i % 2 ? found[Number(part)] : unescape(part))).filter((part) => part !== "");
}

const inline = (text, verbatim) => styled(...atoms(text, verbatim));

/** Lines, with those that begin with > gathered into quotes. */
function lines(text, verbatim) {
  const out = [];
  let plain = [], quoted = [];
  const flushPlain = () => { if (plain.length) out.push(...inline(plain.join("\n"), verbatim)); plain = []; };
  const flushQuote = () => {
    if (quoted.length) out.push(html`<blockquote>${inline(quoted.join("\n"), verbatim)}</blockquote>`);
    quoted = [];
  };
  for (const line of text.split("\n")) {
    const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quote) { flushPlain(); quoted.push(quote[1]); } else { flushQuote(); plain.push(line); }
  }
  flushPlain();
  flushQuote();
  return out;
}

export function mrkdwn(text, verbatim = false) {
  return text.split(/```\n?([\s\S]+?)\n?```\n?/).flatMap((part, i) => {
    if (i % 2) return [html`<pre class="code-block">${unescape(part)}</pre>`];
    return part === "" ? [] : lines(part, verbatim);
  });
}

/** plain_text: nothing but emoji. */
export function plain(text, withEmoji = true) {
  if (!withEmoji) return [text];
  return text.split(/:([a-z0-9_+'-]+):/i).map((part, i) => {
    if (i % 2 === 0) return part;
    return emoji[part] ? html`<${Emoji} name=${part} />` : `:${part}:`;
  });
}

/** A text object of Block Kit. */
export const Text = ({ of }) => {
  if (!of) return null;
  if (of.type === "mrkdwn") return html`<span class="text">${mrkdwn(of.text ?? "", of.verbatim)}</span>`;
  return html`<span class="text">${plain(of.text ?? "", of.emoji !== false)}</span>`;
};

/** A text object as bare words, for labels and names. */
export const words = (of) => (of?.text ?? "").replace(/:([a-z0-9_+'-]+):/gi, (whole, name) => emoji[name] ?? whole).trim();
