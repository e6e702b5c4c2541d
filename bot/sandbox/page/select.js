// One select for all of Slack's: options, people, channels, conversations; one or many; ours or from the app.
import { html, useContext, useEffect, useMemo, useRef, useState } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { Avatar } from "./people.js";
import { SurfaceContext } from "./form.js";
import { Icon } from "./icons.js";
import { Popover } from "./popover.js";
import { channelName, channels, nameOf, people, rooms, userById } from "./store.js";
import { words } from "./mrkdwn.js";

const optionEntry = (option) => ({
  key: option.value, label: words(option.text), about: words(option.description), content: option,
});

const userEntry = (id) => {
  const user = userById(id);
  const icon = user && html`<${Avatar} of=${user} size=${20} />`;
  return { key: id, label: user ? nameOf(user) : id, about: user?.name && `@${user.name}`, icon, content: id };
};

const channelEntry = (id) => {
  const channel = channels.value[id];
  const icon = html`<${Icon} name=${channel?.kind === "private" ? "lock" : channel?.kind === "im" ? "chats" : "channels"} size=${16} />`;
  return { key: id, label: channel ? channelName(channel) : id, icon, content: id };
};

const group = (entries, label) => [{ label, entries }];

const optionGroups = (of) =>
  of.option_groups?.length
    ? of.option_groups.map((g) => ({ label: words(g.label), entries: g.options.map(optionEntry) }))
    : group((of.options ?? []).map(optionEntry));

const everybody = () => group(people.value.map((u) => userEntry(u.id)));

const roomList = (allowed) => group(rooms.value.filter(allowed).map((c) => channelEntry(c.id)));

const conversationKinds = { im: "im", mpim: "mpim", private: "private", public: "channel" };

function conversations(element) {
  const kinds = element.filter?.include?.map((name) => conversationKinds[name]);
  return roomList((c) => (!kinds || kinds.includes(c.kind)) && !(element.filter?.exclude_bot_users && c.kind === "im"));
}

/** kind of content -> how one is shown and where all come from */
const sources = {
  static: { entry: optionEntry, all: optionGroups },
  external: { entry: optionEntry, all: null },
  users: { entry: userEntry, all: everybody },
  channels: { entry: channelEntry, all: () => roomList((c) => c.kind === "channel") },
  conversations: { entry: channelEntry, all: conversations },
};

const matching = (groups, query) => {
  const wanted = query.trim().toLowerCase();
  const fits = (e) => `${e.label} ${e.about ?? ""}`.toLowerCase().includes(wanted);
  return groups.map((g) => ({ ...g, entries: g.entries.filter(fits) })).filter((g) => g.entries.length);
};

/** The groups to offer for a query; an external one asks the app after a pause in typing. */
function useOffers(element, source, open, query) {
  const { surface, blockId } = useContext(SurfaceContext);
  const [asked, setAsked] = useState({ groups: [], note: "" });
  const external = !source.all;
  useEffect(() => {
    if (!external || !open) return undefined;
    if (query.length < (element.min_query_length ?? 3)) {
      setAsked({ groups: [], note: `Type at least ${element.min_query_length ?? 3} characters.` });
      return undefined;
    }
    let stale = false;
    setAsked((before) => ({ ...before, note: "Searching…" }));
    const wait = setTimeout(() => actions.options(surface, element.blockId ?? blockId, element.action_id, query).then(
      (found) => stale || setAsked({ groups: optionGroups(found), note: "" }),
      () => stale || setAsked({ groups: [], note: "The app did not answer with options." }),
    ), 200);
    return () => { stale = true; clearTimeout(wait); };
  }, [external, open, query]);
  if (external) return asked;
  return { groups: open ? matching(source.all(element), query) : [], note: "" };
}

export function Select({ element, blockId, content, onChange, id, clearable, describedBy }) {
  const multi = element.type.startsWith("multi_");
  const source = sources[element.type.replace("multi_", "").replace("_select", "")];
  const chosen = useMemo(() => [content].flat().filter(Boolean).map(source.entry), [content]);
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const anchor = useRef(null);
  const offers = useOffers({ ...element, blockId }, source, open, query);
  const flat = offers.groups.flatMap((g) => g.entries);
  const full = multi && element.max_selected_items && chosen.length >= element.max_selected_items;
  const isChosen = (entry) => chosen.some((c) => c.key === entry.key);

  const close = () => { setOpen(false); setQuery(""); setActive(0); };
  const pick = (entry) => {
    if (!multi) { onChange(entry.content); close(); return; }
    const rest = chosen.filter((c) => c.key !== entry.key).map((c) => c.content);
    if (isChosen(entry)) onChange(rest);
    else if (!full) onChange([...rest, entry.content]);
    close();
  };
  const drop = (entry) => onChange(chosen.filter((c) => c.key !== entry.key).map((c) => c.content));
  const onKeyDown = (event) => {
    if (event.key === "Escape" && open) { event.stopPropagation(); close(); }
    if (event.key === "Tab") close();
    if (event.key === "Backspace" && multi && !query && chosen.length) drop(chosen[chosen.length - 1]);
    if (event.key === "Enter") { event.preventDefault(); if (open && flat[active]) pick(flat[active]); else setOpen(true); }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      setActive((active + (event.key === "ArrowDown" ? 1 : -1) + flat.length) % (flat.length || 1));
    }
  };
  const shown = open || multi ? query : chosen[0]?.label ?? "";
  const placeholder = chosen.length && multi ? "" : chosen[0]?.label ?? (words(element.placeholder) || "Choose an option");
  const onInput = (event) => { setQuery(event.target.value); setActive(0); setOpen(true); };
  return html`
    <div class=${`select ${multi ? "select-multi" : ""}`} ref=${anchor} onClick=${() => setOpen(true)}>
      ${multi && chosen.map((entry) => html`<${Chip} entry=${entry} drop=${drop} />`)}
      ${!multi && !open && chosen[0]?.icon}
      <input id=${id} class="select-field" role="combobox" autocomplete="off" aria-expanded=${open} aria-autocomplete="list"
        aria-label=${id ? null : words(element.placeholder) || element.action_id} aria-describedby=${describedBy}
        data-action-id=${element.action_id} autofocus=${element.focus_on_load}
        value=${shown} placeholder=${placeholder} onInput=${onInput} onKeyDown=${onKeyDown} />
      ${clearable && !multi && chosen.length > 0 && html`
        <button class="select-clear" aria-label="Clear the choice"
          onClick=${(event) => { event.stopPropagation(); onChange(null); }}><${Icon} name="close" size=${14} /></button>`}
      <${Icon} name="chevron" size=${16} />
      ${open && html`<${Popover} anchor=${anchor} onClose=${close} width=${Math.max(240, anchor.current?.offsetWidth ?? 0)}>
        <${Offers} groups=${offers.groups} note=${offers.note} active=${flat[active]} isChosen=${isChosen} pick=${pick} multi=${multi} />
      <//>`}
    </div>`;
}

const Chip = ({ entry, drop }) => html`
  <span class="select-chip">${entry.icon}<span>${entry.label}</span>
    <button aria-label=${`Remove ${entry.label}`} onClick=${(event) => { event.stopPropagation(); drop(entry); }}>
      <${Icon} name="close" size=${12} />
    </button>
  </span>`;

function Offers({ groups, note, active, isChosen, pick, multi }) {
  const nothing = !groups.length && html`<div class="select-note">${note || "No results"}</div>`;
  const choose = (event, entry) => { event.preventDefault(); event.stopPropagation(); pick(entry); };
  return html`
    <div class="select-list" role="listbox" aria-multiselectable=${multi} onMouseDown=${(event) => event.preventDefault()}>
      ${nothing}
      ${groups.map((g) => html`
        ${g.label && html`<div class="menu-title">${g.label}</div>`}
        ${g.entries.map((entry) => html`
          <div role="option" aria-selected=${isChosen(entry)} aria-label=${entry.label}
            class=${`select-option ${entry.key === active?.key ? "is-active" : ""}`} onClick=${(event) => choose(event, entry)}>
            ${entry.icon}
            <span class="menu-words"><span>${entry.label}</span>
              ${entry.about && html`<span class="menu-about">${entry.about}</span>`}</span>
            ${isChosen(entry) && html`<span class="menu-mark">✓</span>`}
          </div>`)}`)}
    </div>`;
}
