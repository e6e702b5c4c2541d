// Things that float beside what opened them: a bare popover and a menu.
import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact.js";

function placeBeside(anchor, box) {
  const from = anchor.getBoundingClientRect();
  const below = from.bottom + 4;
  const fitsBelow = below + box.height < innerHeight - 8;
  const top = fitsBelow ? below : Math.max(8, from.top - box.height - 4);
  const left = Math.max(8, Math.min(from.left, innerWidth - box.width - 8));
  return { top: `${top}px`, left: `${left}px`, visibility: "visible" };
}

export function Popover({ anchor, onClose, children, width, ...rest }) {
  const box = useRef(null);
  const [style, setStyle] = useState({ visibility: "hidden" });
  useLayoutEffect(() => {
    const place = () => setStyle(placeBeside(anchor.current, box.current.getBoundingClientRect()));
    place();
    const watch = new ResizeObserver(place);
    watch.observe(box.current);
    document.addEventListener("scroll", place, true);
    return () => { watch.disconnect(); document.removeEventListener("scroll", place, true); };
  }, []);
  useEffect(() => {
    const outside = (event) => {
      if (!box.current?.contains(event.target) && !anchor.current?.contains(event.target)) onClose();
    };
    document.addEventListener("mousedown", outside);
    return () => document.removeEventListener("mousedown", outside);
  });
  const onKeyDown = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onClose();
    anchor.current?.focus();
  };
  return html`<div class="popover" ref=${box} style=${{ ...style, width: width && `${width}px` }} onKeyDown=${onKeyDown} ...${rest}>
    ${children}
  </div>`;
}

const step = { ArrowDown: 1, ArrowUp: -1 };

function moveFocus(event) {
  if (!step[event.key]) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll("[role^=menuitem]")];
  const at = items.indexOf(document.activeElement);
  items[(at + step[event.key] + items.length) % items.length]?.focus();
}

/** items: {label, description?, icon?, tone?, checked?, onPick} or {title} for a heading. */
function Menu({ anchor, label, items, onClose, width }) {
  const list = useRef(null);
  useEffect(() => {
    const first = list.current.querySelector("[aria-checked=true]") ?? list.current.querySelector("[role^=menuitem]");
    first?.focus({ preventScroll: true });
  }, []);
  const pick = (item) => {
    onClose();
    anchor.current?.focus();
    item.onPick();
  };
  return html`
    <${Popover} anchor=${anchor} onClose=${onClose} width=${width}>
      <div class="menu" role="menu" aria-label=${label} ref=${list} onKeyDown=${moveFocus}>
        ${items.map((item) => (item.title
          ? html`<div class="menu-title">${item.title}</div>`
          : html`<${MenuItem} item=${item} pick=${() => pick(item)} />`))}
      </div>
    <//>`;
}

const MenuItem = ({ item, pick }) => html`
  <button class=${`menu-item ${item.tone ?? ""}`} role=${item.checked === undefined ? "menuitem" : "menuitemradio"}
    aria-checked=${item.checked} aria-label=${item.name ?? item.label} onClick=${pick}>
    ${item.icon}
    <span class="menu-words">
      <span>${item.label}</span>
      ${item.description && html`<span class="menu-about">${item.description}</span>`}
    </span>
    ${item.mark && html`<span class="menu-mark">${item.mark}</span>`}
  </button>`;

/** A button that opens a menu. */
export function MenuButton({ label, items, children, className = "icon-button", menuLabel, width, onOpen, ...rest }) {
  const anchor = useRef(null);
  const [open, setOpen] = useState(false);
  const toggle = () => { onOpen?.(!open); setOpen(!open); };
  const close = () => { onOpen?.(false); setOpen(false); };
  return html`
    <button ref=${anchor} class=${className} aria-label=${label} title=${label} aria-haspopup="menu" aria-expanded=${open}
      onClick=${toggle} ...${rest}>${children}</button>
    ${open && html`<${Menu} anchor=${anchor} label=${menuLabel ?? label} items=${items} onClose=${close} width=${width} />`}`;
}

/** Keeps Tab inside a dialog. */
export function trapTab(event, root) {
  if (event.key !== "Tab") return;
  const stops = [...root.querySelectorAll("button, [href], input, select, textarea, [tabindex='0']")].filter(
    (stop) => !stop.disabled && stop.offsetParent !== null,
  );
  if (!stops.length) return;
  const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
  if (document.activeElement === edge || !root.contains(document.activeElement)) {
    event.preventDefault();
    (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
  }
}
