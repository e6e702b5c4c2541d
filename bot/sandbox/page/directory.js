// What an admin of Slack may change: profiles, user groups, who is in a channel. The app hears of it by events.
import { html, useEffect, useState } from "./vendor/preact.js";
import { send } from "./api.js";
import { Avatar, marksOf } from "./people.js";
import { channelName, nameOf, rooms, say, world } from "./store.js";

const kinds = {
  member: "Full member", guest: "Guest", single_channel_guest: "Single-channel guest",
  external: "Of another organisation", stranger: "Of another organisation, in no shared channel",
};
const locales = { "en-US": "English", "de-DE": "Deutsch", "fr-FR": "Français", "ja-JP": "日本語" };
const zones = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : ["Europe/Berlin", "America/New_York", "Asia/Tokyo"];

const persons = () => world.value.users.filter((user) => !user.is_bot && user.id !== "USLACKBOT");
const complain = (problem) => say(problem.message.replaceAll("_", " "), true);
const save = (path, body, done) => send(path, body).then((answer) => { say("Saved; the app is told."); done?.(answer); }).catch(complain);

const Field = ({ label, children }) => html`<label class="person-field"><span>${label}</span>${children}</label>`;

const Text = ({ label, name, of, set, list }) => html`
  <${Field} label=${label}><input class="field" value=${of[name] ?? ""} list=${list} onInput=${(e) => set(name, e.target.value)} /><//>`;

const Tick = ({ label, name, of, set }) => html`
  <label class="person-tick"><input type="checkbox" checked=${Boolean(of[name])} onChange=${(e) => set(name, e.target.checked)} /> ${label}</label>`;

const Choice = ({ label, name, of, set, from }) => html`
  <${Field} label=${label}><select class="field" value=${of[name]} onChange=${(e) => set(name, e.target.value)}>
    ${Object.entries(from).map(([value, text]) => html`<option value=${value} selected=${of[name] === value}>${text}</option>`)}</select><//>`;

/** A draft of what is chosen, begun anew whenever something else is chosen or Slack has changed it. */
function useDraft(chosen) {
  const [draft, setDraft] = useState(chosen);
  useEffect(() => setDraft(chosen), [JSON.stringify(chosen)]);
  return [draft, (name, value) => setDraft((old) => ({ ...old, [name]: value }))];
}

const profile = ["real_name", "email", "title", "tz", "locale", "status_emoji", "status_text", "kind", "deleted", "is_email_confirmed"];

function Profile({ user }) {
  const [draft, set] = useDraft(user);
  const given = () => Object.fromEntries(profile.map((name) => [name, draft[name]]));
  const submit = (event) => { event.preventDefault(); save("profile", { user: user.id, ...given() }); };
  return html`
    <form class="person-form" aria-label=${`Profile of ${nameOf(user)}`} onSubmit=${submit}>
      <${Text} label="Name" name="real_name" of=${draft} set=${set} />
      <${Text} label="E-mail address" name="email" of=${draft} set=${set} />
      <${Tick} label="Address is confirmed" name="is_email_confirmed" of=${draft} set=${set} />
      <${Choice} label="Is a" name="kind" of=${draft} set=${set} from=${kinds} />
      <${Tick} label="Deactivated" name="deleted" of=${draft} set=${set} />
      <${Text} label="Time zone" name="tz" of=${draft} set=${set} list="time-zones" />
      <datalist id="time-zones">${zones.map((zone) => html`<option value=${zone} />`)}</datalist>
      <${Choice} label="Language" name="locale" of=${draft} set=${set} from=${locales} />
      <${Text} label="Status emoji" name="status_emoji" of=${draft} set=${set} />
      <${Text} label="Status" name="status_text" of=${draft} set=${set} />
      <${Text} label="Title" name="title" of=${draft} set=${set} />
      <button class="btn btn-primary" type="submit">Save profile</button>
    </form>`;
}

function NewPerson({ done }) {
  const [draft, set] = useDraft({ real_name: "", email: "" });
  const submit = (event) => { event.preventDefault(); save("person", draft, (answer) => done(answer.user)); };
  return html`
    <form class="person-form" aria-label="New person" onSubmit=${submit}>
      <${Text} label="Name" name="real_name" of=${draft} set=${set} />
      <${Text} label="E-mail address" name="email" of=${draft} set=${set} />
      <button class="btn btn-primary" type="submit">Join the workspace</button>
    </form>`;
}

const Members = ({ of, set }) => html`
  <fieldset class="person-members"><legend>People</legend>
    ${persons().map((user) => html`
      <label class="person-tick"><input type="checkbox" checked=${of.users.includes(user.id)}
        onChange=${(e) => set("users", e.target.checked ? [...of.users, user.id] : of.users.filter((id) => id !== user.id))} />
        ${nameOf(user)} <span class="quiet">${marksOf(user).join(", ")}</span></label>`)}
  </fieldset>`;

function Group({ group, done }) {
  const [draft, set] = useDraft(group);
  const submit = (event) => { event.preventDefault(); save("usergroup", draft, (answer) => done(answer.id)); };
  return html`
    <form class="person-form" aria-label=${group.id ? `User group @${group.handle}` : "New user group"} onSubmit=${submit}>
      <${Text} label="Handle" name="handle" of=${draft} set=${set} />
      <${Text} label="Name" name="name" of=${draft} set=${set} />
      ${group.id && html`<${Tick} label="Switched off" name="disabled" of=${draft} set=${set} />`}
      <${Members} of=${draft} set=${set} />
      <button class="btn btn-primary" type="submit">Save user group</button>
    </form>`;
}

function Channel({ channel }) {
  const bots = world.value.users.filter((user) => user.is_bot).map((user) => user.id);
  const [draft, set] = useDraft({
    channel: channel.id, shared: channel.is_ext_shared, users: channel.members.filter((id) => !bots.includes(id)),
  });
  const submit = (event) => { event.preventDefault(); save("roster", draft); };
  return html`
    <form class="person-form" aria-label=${`Channel #${channelName(channel)}`} onSubmit=${submit}>
      <${Tick} label="Shared with another organisation" name="shared" of=${draft} set=${set} />
      <${Members} of=${draft} set=${set} />
      <button class="btn btn-primary" type="submit">Save channel</button>
    </form>`;
}

const Item = ({ chosen, choose, children }) => html`
  <button class=${`person-item ${chosen ? "is-active" : ""}`} aria-pressed=${chosen} onClick=${choose}>${children}</button>`;

const fresh = { id: "", handle: "", name: "", users: [], disabled: false };
const topics = { people: "People", groups: "User groups", channels: "Channels" };

const lists = {
  people: () => persons().map((user) => ({
    id: user.id, of: user,
    face: html`<${Avatar} of=${user} size=${20} /> ${nameOf(user)} <span class="quiet">${marksOf(user).join(", ")}</span>`,
  })),
  groups: () => world.value.usergroups.map((group) => ({
    id: group.id, of: group, face: html`@${group.handle} <span class="quiet">${group.disabled ? "switched off" : group.users.length}</span>`,
  })),
  channels: () => rooms.value.filter((room) => room.kind !== "im").map((room) => ({
    id: room.id, of: room, face: html`#${channelName(room)} <span class="quiet">${room.is_ext_shared ? "shared" : ""}</span>`,
  })),
};

const Form = ({ topic, of, choose }) => {
  if (topic === "people") return of ? html`<${Profile} user=${of} />` : html`<${NewPerson} done=${choose} />`;
  if (topic === "groups") return html`<${Group} group=${of ?? fresh} done=${choose} />`;
  return of ? html`<${Channel} channel=${of} />` : html`<p class="quiet">Choose a channel.</p>`;
};

export function Directory() {
  const [topic, setTopic] = useState("people");
  const [id, choose] = useState(persons()[1]?.id ?? "");
  const list = lists[topic]();
  const turn = (name) => { setTopic(name); choose(lists[name]()[0]?.id ?? ""); };
  return html`
    <div class="people">
      <div class="people-side">
        <div class="log-filters">
          ${Object.entries(topics).map(([name, text]) => html`
            <button class=${`chip ${topic === name ? "is-active" : ""}`} aria-pressed=${topic === name} onClick=${() => turn(name)}>${text}</button>`)}
          ${topic !== "channels" && html`<button class="chip" onClick=${() => choose("")}>New…</button>`}
        </div>
        <div class="people-list">${list.map((one) => html`
          <${Item} key=${one.id} chosen=${one.id === id} choose=${() => choose(one.id)}>${one.face}<//>`)}</div>
      </div>
      <div class="people-form"><${Form} key=${`${topic}-${id}`} topic=${topic} of=${list.find((one) => one.id === id)?.of} choose=${choose} /></div>
    </div>`;
}
