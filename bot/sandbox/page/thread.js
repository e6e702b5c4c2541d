// The thread pane: a root message, its replies and a composer.
import { html } from "./vendor/preact.js";
import * as actions from "./actions.js";
import { Composer } from "./composer.js";
import { Icon } from "./icons.js";
import { Messages } from "./message.js";
import { useStickToEnd } from "./scroll.js";
import { channelName, channels, isShown, me, thread } from "./store.js";

const Rule = ({ count }) => html`
  <div class="replies-rule" role="separator"><span>${count} ${count === 1 ? "reply" : "replies"}</span></div>`;

function Open({ open }) {
  const box = useStickToEnd(open.ts);
  const channel = channels.value[open.channel];
  const shown = open.messages.filter(isShown);
  const root = shown.filter((m) => m.ts === open.ts);
  const replies = shown.filter((m) => m.ts !== open.ts);
  const count = replies.filter((m) => !m.is_ephemeral).length;
  return html`
    <aside class="side-pane" aria-label="Thread">
      <header class="pane-header">
        <h2 class="pane-title">Thread <span class="quiet">${channel && (channel.kind === "im" ? channelName(channel) : `#${channel.name}`)}</span></h2>
        <button class="icon-button" aria-label="Close thread" title="Close" onClick=${actions.closeThread}><${Icon} name="close" /></button>
      </header>
      <div class="scroll" ref=${box}>
        <div class="thread-list">
          <${Messages} list=${root} channel=${open.channel} inThread=${true} days=${false} />
          ${count > 0 && html`<${Rule} count=${count} />`}
          <${Messages} list=${replies} channel=${open.channel} inThread=${true} days=${false} />
        </div>
      </div>
      ${channel?.is_member !== false && html`
        <${Composer} key=${`${me.value}-${open.ts}`} channel=${open.channel} thread=${open.ts} placeholder="Reply…" />`}
    </aside>`;
}

export const ThreadPane = () => (thread.value ? html`<${Open} key=${thread.value.ts} open=${thread.value} />` : null);
