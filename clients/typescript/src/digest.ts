/** The action digest, recomputed from what is really about to be done: SHA-256 over canonical JSON (RFC 8785). */

import type { Request } from "./types.ts";

/** What is about to be done. */
export interface Action {
  action?: string | null;
  params?: Record<string, unknown>;
}

/** For this request, if one were to do this now. Claim with it, and the server refuses what was not approved. */
export async function digestFor(request: Request, what: Action): Promise<string> {
  const written = canonical({
    project: request.project,
    subject: request.subject,
    type: request.type,
    action: what.action ?? null,
    params: what.params ?? {},
  });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(written));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** RFC 8785: JavaScript's own way to write numbers and texts is its way, keys are sorted by UTF-16 code units. */
export function canonical(value: unknown): string {
  if (value === null || typeof value === "boolean") {
    return String(value);
  }
  if (typeof value === "number") {
    return finite(value);
  }
  if (typeof value === "string") {
    return wellFormed(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((one) => canonical(one)).join(",")}]`;
  }
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const fields = Object.entries(value).filter(([, one]) => one !== undefined);
    fields.sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${fields.map(([name, one]) => `${wellFormed(name)}:${canonical(one)}`).join(",")}}`;
  }
  throw new TypeError("Only JSON values have a digest.");
}

function finite(value: number): string {
  if (!Number.isFinite(value)) {
    throw new TypeError("Only finite numbers have a digest.");
  }
  return JSON.stringify(value);
}

function wellFormed(text: string): string {
  if (/\p{Surrogate}/u.test(text)) {
    throw new TypeError("Half a surrogate pair has no digest.");
  }
  return JSON.stringify(text);
}
