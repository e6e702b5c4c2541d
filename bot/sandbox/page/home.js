// The app's Home tab (the published view) and its About tab.
import { html } from "./vendor/preact.js";
import { Blocks } from "./blocks.js";
import { Avatar } from "./people.js";
import { app, home, world } from "./store.js";

export function HomeTab() {
  const view = home.value;
  if (!view) {
    return html`<div class="scroll"><div class="beginning"><h2>Nothing here yet</h2>
      <p>${app.value.name} has not published a Home tab for you.</p></div></div>`;
  }
  return html`<div class="scroll" role="tabpanel" aria-label="Home"><div class="home">
    <${Blocks} blocks=${view.blocks} surface=${{ view_id: view.id }} />
  </div></div>`;
}

export function AboutTab() {
  const { commands = [], shortcuts = [] } = world.value;
  return html`
    <div class="scroll" role="tabpanel" aria-label="About"><div class="home about">
      <div class="about-head"><${Avatar} of=${{ color: app.value.color, initials: app.value.initial }} size=${56} />
        <div><h2>${app.value.name}</h2><p class="quiet">An app in ${world.value.workspace.name}, run by this sandbox.</p></div></div>
      <h3>Slash commands</h3>
      ${commands.map((c) => html`<p><b>${c.command}</b> <span class="quiet">${c.usage_hint}</span><br />${c.description}</p>`)}
      ${shortcuts.length > 0 && html`<h3>Shortcuts</h3>`}
      ${shortcuts.map((s) => html`<p><b>${s.name}</b> <span class="badge badge-soft">${s.type}</span><br />${s.description}</p>`)}
    </div></div>`;
}
