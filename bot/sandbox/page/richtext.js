// rich_text blocks: sections, lists, quotes and preformatted text with their inline elements.
import { html } from "./vendor/preact.js";
import { ChannelMention, DateText, Emoji, GroupMention, Link, UserMention } from "./mrkdwn.js";

const tags = [["code", "code"], ["bold", "b"], ["italic", "i"], ["strike", "s"], ["underline", "u"]];

function dressed(node, style = {}) {
  return tags.reduce((inner, [name, tag]) => {
    if (!style[name]) return inner;
    return html`<${tag} class=${tag === "code" ? "inline-code" : null}>${inner}<//>`;
  }, node);
}

const inlineKinds = {
  text: (e) => e.text,
  link: (e) => html`<${Link} url=${e.url}>${e.text || e.url}<//>`,
  user: (e) => html`<${UserMention} id=${e.user_id} />`,
  usergroup: (e) => html`<${GroupMention} id=${e.usergroup_id} />`,
  channel: (e) => html`<${ChannelMention} id=${e.channel_id} />`,
  emoji: (e) => html`<${Emoji} name=${e.name} unicode=${e.unicode} />`,
  broadcast: (e) => html`<span class="mention mention-me">@${e.range}</span>`,
  date: (e) => html`<${DateText} at=${Number(e.timestamp)} format=${e.format} url=${e.url} fallback=${e.fallback} />`,
  color: (e) => html`<span class="color-chip" style=${{ background: cssColor(e.value) }}></span><code>${e.value}</code>`,
};

const cssColor = (value) => (/^#[0-9a-f]{3,8}$/i.test(value ?? "") ? value : "transparent");

const inline = (elements = []) =>
  elements.map((e) => (inlineKinds[e.type] ? dressed(inlineKinds[e.type](e), e.style) : null));

const bullets = ["disc", "circle", "square"];
const numbers = ["decimal", "lower-alpha", "lower-roman"];

function List({ of }) {
  const indent = of.indent ?? 0;
  const ordered = of.style === "ordered";
  const style = { marginLeft: `${indent * 24}px`, listStyleType: (ordered ? numbers : bullets)[indent % 3] };
  const items = of.elements.map((item) => html`<li>${inline(item.elements)}</li>`);
  const border = of.border ? "rich-border" : null;
  if (ordered) return html`<ol class=${border} start=${(of.offset ?? 0) + 1} style=${style}>${items}</ol>`;
  return html`<ul class=${border} style=${style}>${items}</ul>`;
}

const kinds = {
  rich_text_section: ({ of }) => html`<div class="rich-section">${inline(of.elements)}</div>`,
  rich_text_list: List,
  rich_text_quote: ({ of }) => html`<blockquote>${inline(of.elements)}</blockquote>`,
  rich_text_preformatted: ({ of }) => html`<pre class="code-block">${inline(of.elements)}</pre>`,
};

export const RichText = ({ block }) => html`
  <div class="rich-text">
    ${(block.elements ?? []).map((of) => kinds[of.type] && html`<${kinds[of.type]} of=${of} />`)}
  </div>`;
