// Line icons, drawn here so that nothing is fetched.
import { html } from "./vendor/preact.js";

const paths = {
  back: "M12 4l-6 6 6 6",
  bold: "M6 4h5a3 3 0 010 6H6zM6 10h6a3 3 0 010 6H6z",
  channels: "M8 3L6 17M14 3l-2 14M3.5 7.5h14M2.5 12.5h14",
  chevron: "M5 8l5 5 5-5",
  chats: "M3 5a2 2 0 012-2h7a2 2 0 012 2v5a2 2 0 01-2 2H7l-4 3zM16 7h0a2 2 0 012 2v8l-3-2.5h-4",
  clock: "M10 2.5a7.5 7.5 0 100 15 7.5 7.5 0 000-15zM10 6v4.5l3 1.5",
  close: "M5 5l10 10M15 5L5 15",
  code: "M7 6l-4 4 4 4M13 6l4 4-4 4",
  copy: "M7 7h9v10H7zM4 13V3h9",
  dots: "M10 4.5v.01M10 10v.01M10 15.5v.01",
  eye: "M2 10s3-5.5 8-5.5 8 5.5 8 5.5-3 5.5-8 5.5S2 10 2 10zM10 12.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5z",
  home: "M3 9l7-6 7 6v8h-5v-5H8v5H3z",
  italic: "M12 4H9M11 16H8M11 4L9 16",
  lightning: "M11 2L4 11h5l-1 7 7-9h-5z",
  lock: "M5 9h10v8H5zM7 9V6.5a3 3 0 016 0V9",
  apps: "M3 3h5v5H3zM12 3h5v5h-5zM3 12h5v5H3zM14.5 12v5M12 14.5h5",
  plus: "M10 4v12M4 10h12",
  quote: "M4 4v12M8 6h8M8 10h8M8 14h5",
  search: "M9 3.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM13 13l4 4",
  send: "M3 4l14 6-14 6 2-6zM5 10h6",
  strike: "M4 10h12M13 6c-.5-1.5-5.5-2-6 .5-.3 1.5 1.5 2.5 3 3M7 14c.5 1.5 6 2 6-1",
  thread: "M3 4h14v9H9l-4 4v-4H3zM7 8h6",
  at: "M10 7a3 3 0 100 6 3 3 0 000-6zM13 7v4c0 3 4 2.5 4-1a7 7 0 10-3 5.5",
  users: "M7.5 9a3 3 0 100-6 3 3 0 000 6zM2 17c0-3.5 2-5.5 5.5-5.5S13 13.5 13 17M13 3.5a3 3 0 010 5.5M15 12c2 .5 3 2.5 3 5",
  warning: "M10 3l8 14H2zM10 8v4M10 14.5v.01",
};

export const Icon = ({ name, size = 18 }) => html`
  <svg class="icon" width=${size} height=${size} viewBox="0 0 20 20" fill="none" stroke="currentColor"
    stroke-width=${name === "dots" ? 3 : 1.6} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    <path d=${paths[name]} />
  </svg>`;
