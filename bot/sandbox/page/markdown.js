// The markdown block: the common part of standard Markdown, as nodes.
import { html } from "./vendor/preact.js";
import { Emoji, Link, UserMention } from "./mrkdwn.js";
import { emoji } from "./emoji.js";

const patterns = [
  [/`([^`\n]+)`/, (m) => html`<code class="inline-code">${m[1]}</code>`],
  [/!?\[([^\]\n]+)\]\(([^()\s]+)\)/, (m) => html`<${Link} url=${m[2]}>${inline(m[1])}<//>`],
  [/<@([UW][A-Z0-9]+)>/, (m) => html`<${UserMention} id=${m[1]} />`],
  [/\*\*(?!\s)(.+?)(?<!\s)\*\*/, (m) => html`<b>${inline(m[1])}</b>`],
  [/~~(?!\s)(.+?)(?<!\s)~~/, (m) => html`<s>${inline(m[1])}</s>`],
  [/(?<![\p{L}\p{N}*])\*(?![\s*])([^*\n]+?)(?<!\s)\*/u, (m) => html`<i>${inline(m[1])}</i>`],
  [/(?<![\p{L}\p{N}_])_(?![\s_])([^_\n]+?)(?<!\s)_(?![\p{L}\p{N}])/u, (m) => html`<i>${inline(m[1])}</i>`],
  [/https?:\/\/[^\s<>]+[^\s<>.,;:!?)\]'"]/, (m) => html`<${Link} url=${m[0]}>${m[0]}<//>`],
  [/:([a-z0-9_+'-]+):/, (m) => (emoji[m[1]] ? html`<${Emoji} name=${m[1]} />` : m[0])],
];

function inline(text) {
  let first = null;
  for (const [pattern, node] of patterns) {
    const match = pattern.exec(text);
    if (match && (!first || match.index < first.match.index)) first = { match, node };
  }
  if (!first) return text === "" ? [] : [text];
  const { match, node } = first;
  return [text.slice(0, match.index), node(match), ...inline(text.slice(match.index + match[0].length))];
}

const table = (rows) => {
  const cells = (row) => row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => inline(cell.trim()));
  const [head, , ...body] = rows;
  return html`<table class="block-table">
    <thead><tr>${cells(head).map((cell) => html`<th>${cell}</th>`)}</tr></thead>
    <tbody>${body.map((row) => html`<tr>${cells(row).map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
  </table>`;
};

const listItem = (line) => /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/.exec(line);

const list = (rows) => {
  const items = rows.map(listItem).map((m) => {
    const task = /^\[([ x])\] (.*)$/i.exec(m[2]);
    return html`<li>${task ? [task[1] === " " ? "☐ " : "☑ ", ...inline(task[2])] : inline(m[2])}</li>`;
  });
  const number = listItem(rows[0])[1];
  return number ? html`<ol start=${Number(number)}>${items}</ol>` : html`<ul>${items}</ul>`;
};

/** Kinds of paragraph: how the first and the following lines are known, and how they are drawn. */
const kinds = [
  [(l) => /^\s*\|.*\|\s*$/.test(l), (rows) => (rows.length > 1 ? table(rows) : html`<p>${inline(rows[0])}</p>`)],
  [(l) => /^\s*(---+|\*\*\*+|___+)\s*$/.test(l), () => html`<hr class="block-divider" />`],
  [(l) => /^\s*>/.test(l), (rows) => html`<blockquote>${inline(rows.map((r) => r.replace(/^\s*> ?/, "")).join("\n"))}</blockquote>`],
  [(l) => Boolean(listItem(l)), list],
  [(l) => /^#{1,6}\s/.test(l), (rows) => rows.map((r) => html`<div class="md-heading" role="heading" aria-level="3">${inline(r.replace(/^#+\s+/, ""))}</div>`)],
  [(l) => l.trim() === "", () => null],
  [() => true, (rows) => html`<p>${inline(rows.join("\n"))}</p>`],
];

function paragraphs(text) {
  const out = [];
  let rows = [], kind = null;
  const flush = () => { if (rows.length) out.push(kind[1](rows)); rows = []; };
  for (const line of text.split("\n")) {
    const found = kinds.find(([is]) => is(line));
    if (found !== kind) flush();
    kind = found;
    rows.push(line);
  }
  flush();
  return out;
}

export const Markdown = ({ block }) => html`
  <div class="markdown">
    ${(block.text ?? "").split(/^```[^\n]*\n([\s\S]*?)\n?```$/m).map((part, i) =>
      i % 2 ? html`<pre class="code-block">${part}</pre>` : paragraphs(part))}
  </div>`;
