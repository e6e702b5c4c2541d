// Who the viewer is, and becoming somebody else.
import { html } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { Icon } from "./icons.js";
import { Avatar, marksOf } from "./people.js";
import { MenuButton } from "./popover.js";
import { me, nameOf, people, viewer } from "./store.js";

const about = (user) => [user.title, user.email].filter(Boolean).join(" · ") || `@${user.name}`;

const items = () => [
  { title: "Act as somebody else. Everything on this page is then seen and done by that person." },
  ...people.value.map((user) => ({
    label: nameOf(user),
    name: `Act as ${nameOf(user)}`,
    description: about(user),
    icon: html`<${Avatar} of=${user} size=${32} />`,
    mark: user.id === me.value ? "✓" : marksOf(user).join(", "),
    checked: user.id === me.value,
    onPick: () => actions.become(user.id),
  })),
];

/** In the top bar: says in words who one is. */
export const IdentityChip = () => {
  const user = viewer.value;
  return html`
    <${MenuButton} label=${`You are: ${nameOf(user)}. Choose who you are`} menuLabel="Choose who you are" className="identity-chip"
      items=${items()} width=${340}>
      <span class="identity-say">You are:</span> <${Avatar} of=${user} size=${24} /> <b>${nameOf(user)}</b>
      <${Icon} name="chevron" size=${16} />
    <//>`;
};

/** At the foot of the rail, where Slack keeps one's face. */
export const IdentityButton = () => html`
  <${MenuButton} label="Switch person" menuLabel="Choose who you are" className="rail-face" items=${items()} width=${340}>
    <${Avatar} of=${viewer.value} size=${36} /><span class="presence"></span>
  <//>`;
