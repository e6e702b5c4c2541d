// Faces: an avatar drawn from initials and colour, and the marks beside a name.
import { html } from "./vendor/preact.js";

/** Slack gives colours without their #. */
const cssColor = (color) => (/^[0-9a-f]{6}$/i.test(color ?? "") ? `#${color}` : color || "#888");

export const Avatar = ({ of, size = 36 }) => html`
  <span class="avatar" aria-hidden="true"
    style=${{ background: cssColor(of.color), width: `${size}px`, height: `${size}px`, fontSize: `${Math.round(size * 0.42)}px` }}>
    ${of.initials || (of.real_name || of.name || "?").slice(0, 1).toUpperCase()}
  </span>`;

/** What a newcomer should know of a person before acting as them. */
export function marksOf(user) {
  const marks = [];
  if (user.is_stranger || user.kind === "external") marks.push("external");
  if (user.is_ultra_restricted) marks.push("single-channel guest");
  else if (user.is_restricted) marks.push("guest");
  if (user.deleted) marks.push("deactivated");
  return marks;
}

export const Marks = ({ user }) => marksOf(user ?? {}).map((mark) => html`<span class="badge badge-soft">${mark}</span>`);
