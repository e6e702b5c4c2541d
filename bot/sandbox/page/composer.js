// Where a person writes: Enter sends, / completes commands, @ completes people, the lightning runs shortcuts.
import { html, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { Icon } from "./icons.js";
import { Avatar } from "./people.js";
import { MenuButton } from "./popover.js";
import { app, nameOf, people, world } from "./store.js";

const appFace = () => ({ color: app.value.color, initials: app.value.initial });

const commandOffers = (text) =>
  (world.value?.commands ?? [])
    .filter((c) => c.command.startsWith(text))
    .map((c) => ({
      key: c.command, name: c.command, hint: c.usage_hint, about: c.description, face: appFace(), insert: `${c.command} `, from: 0,
    }));

function mentionOffers(found, caret) {
  const wanted = found[1].toLowerCase();
  const from = caret - found[1].length - 1;
  const matches = [...people.value, ...world.value.users.filter((u) => u.is_bot)].map((u) => ({
    key: u.id, name: nameOf(u), hint: u.name, about: u.title, face: u, insert: `@${nameOf(u)} `, from,
  }));
  const groups = (world.value.usergroups ?? []).filter((g) => !g.disabled).map((g) => ({
    key: g.id, name: `@${g.handle}`, hint: "group", about: g.name, face: { initials: "@", color: "#777" }, insert: `@${g.handle} `, from,
  }));
  return [...matches, ...groups].filter((o) => `${o.name} ${o.hint}`.toLowerCase().includes(wanted)).slice(0, 8);
}

/** What to offer for what stands before the caret. */
function offersFor(text, caret, inThread) {
  const before = text.slice(0, caret);
  if (!inThread && /^\/\S*$/.test(before)) return commandOffers(before);
  const mention = /(?:^|\s)@([\p{L}\p{N}._-]*)$/u.exec(before);
  return mention ? mentionOffers(mention, caret) : [];
}

const Offers = ({ offers, active, pick }) => html`
  <div class="completion" role="listbox" aria-label="Suggestions" id="completion">
    ${offers.map((offer, i) => html`
      <div role="option" id=${`offer-${i}`} aria-selected=${i === active} class=${`completion-row ${i === active ? "is-active" : ""}`}
        onMouseDown=${(event) => { event.preventDefault(); pick(offer); }}>
        <${Avatar} of=${offer.face} size=${28} />
        <span class="menu-words"><span><b>${offer.name}</b> <span class="quiet">${offer.hint}</span></span>
          ${offer.about && html`<span class="menu-about">${offer.about}</span>`}</span>
      </div>`)}
    <div class="completion-foot"><b>↑↓</b> to navigate <b>Tab</b> to choose <b>Esc</b> to dismiss</div>
  </div>`;

const globalShortcuts = () =>
  (world.value?.shortcuts ?? []).filter((s) => s.type === "global").map((s) => ({
    label: s.name, description: s.description || app.value.name, icon: html`<${Avatar} of=${appFace()} size=${24} />`,
    onPick: () => actions.shortcut(s.callback_id),
  }));

export const Shortcuts = ({ label = "Shortcuts", icon = "lightning", className = "icon-button" }) => {
  const items = globalShortcuts();
  if (!items.length) return null;
  return html`<${MenuButton} label=${label} className=${className} items=${[{ title: "Shortcuts" }, ...items]} width=${300}>
    <${Icon} name=${icon} /><//>`;
};

const marks = [["bold", "Bold", "*", "*"], ["italic", "Italic", "_", "_"], ["strike", "Strikethrough", "~", "~"],
  ["code", "Code", "`", "`"], ["quote", "Quote", "> ", ""]];

function wrapped(field, open, shut) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  return { text: value.slice(0, start) + open + value.slice(start, end) + shut + value.slice(end), caret: end + open.length };
}

export function Composer({ channel, thread, placeholder }) {
  const field = useRef(null);
  const caretTo = useRef(null);
  const [text, setText] = useState("");
  const [caret, setCaret] = useState(0);
  const [hidden, setHidden] = useState(false);
  const [active, setActive] = useState(0);
  const offers = hidden ? [] : offersFor(text, caret, Boolean(thread));
  const index = Math.min(active, offers.length - 1);

  useLayoutEffect(() => {
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight, 220)}px`;
    if (caretTo.current === null) return;
    field.current.focus();
    field.current.setSelectionRange(caretTo.current, caretTo.current);
    caretTo.current = null;
  }, [text]);

  const change = (next, at) => { setText(next); setCaret(at); setActive(0); setHidden(false); };
  const insert = (next, at) => { caretTo.current = at; change(next, at); field.current.focus(); };
  const pick = (offer) => insert(text.slice(0, offer.from) + offer.insert + text.slice(caret), offer.from + offer.insert.length);
  const submit = () => {
    if (!text.trim()) return;
    actions.write(channel, text.trim(), thread);
    change("", 0);
  };
  const whole = offers.some((offer) => offer.from === 0 && offer.name === text.trim());
  const onOffers = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setActive((index + step + offers.length) % offers.length);
    else if (event.key === "Escape") { event.stopPropagation(); setHidden(true); }
    else if (event.key === "Tab" || (event.key === "Enter" && !whole)) pick(offers[index]);
    else return false;
    event.preventDefault();
    return true;
  };
  const onKeyDown = (event) => {
    if (event.isComposing || (offers.length && onOffers(event))) return;
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); submit(); }
  };
  const onInput = (event) => change(event.target.value, event.target.selectionStart);
  const onSelect = (event) => setCaret(event.target.selectionStart);
  const mark = (open, shut) => { const done = wrapped(field.current, open, shut); insert(done.text, done.caret); };
  return html`
    <div class="composer">
      ${offers.length > 0 && html`<${Offers} offers=${offers} active=${index} pick=${pick} />`}
      <div class="composer-bar">
        ${marks.map(([icon, label, open, shut]) => html`
          <button class="icon-button" aria-label=${label} title=${label} onMouseDown=${(e) => e.preventDefault()}
            onClick=${() => mark(open, shut)}><${Icon} name=${icon} size=${16} /></button>`)}
      </div>
      <textarea ref=${field} rows="1" aria-label=${placeholder} placeholder=${placeholder} value=${text}
        aria-controls=${offers.length ? "completion" : null} aria-activedescendant=${offers.length ? `offer-${index}` : null}
        onInput=${onInput} onKeyDown=${onKeyDown} onSelect=${onSelect} onBlur=${() => setHidden(true)}></textarea>
      <div class="composer-bar">
        <button class="icon-button" aria-label="Mention someone" title="Mention someone"
          onClick=${() => insert(`${text}${/(^|\s)$/.test(text) ? "" : " "}@`, text.length + (/(^|\s)$/.test(text) ? 1 : 2))}>
          <${Icon} name="at" /></button>
        ${!thread && html`<button class="icon-button" aria-label="Slash command" title="Slash command"
          onClick=${() => insert("/", 1)}><span class="slash">/</span></button>`}
        <${Shortcuts} />
        <button class=${`send ${text.trim() ? "send-ready" : ""}`} aria-label="Send" title="Send" disabled=${!text.trim()} onClick=${submit}>
          <${Icon} name="send" size=${16} /></button>
      </div>
    </div>`;
}
