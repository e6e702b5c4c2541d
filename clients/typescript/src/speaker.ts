/** One call and its answer: where to, as whom, again if need be, and what a refusal becomes. */

import { CountersignError, NotLoggedIn, NotUnderstood, Refused, Unreachable } from "./errors.ts";
import type { Problem } from "./types.ts";

export const VERSION = "0.1.0";
const HERE = "http://127.0.0.1:3000";

/** Answers after which the same call may do better. A 500 is a bug of the server's: it would be one again. */
const AGAIN = new Set([429, 502, 503, 504]);

/** A token that lives for minutes may end while a call is tried again: nothing was done, so it is said again with a fresh one. */
const UNAUTHORIZED = 401;

/** Seconds a plain call may take; what is held back on purpose gets so much more. */
const ANSWER = 30;

/** For how many seconds a call is tried again; pauses double from `first` up to `longest`. */
export interface Patience {
  seconds: number;
  first: number;
  longest: number;
}

export const PATIENCE: Patience = { seconds: 10, first: 0.2, longest: 8 };

export interface Options {
  /** Else COUNTERSIGN_URL, else http://127.0.0.1:3000. */
  url?: string;
  /** An agent's key or a person's token; else COUNTERSIGN_TOKEN. A function is asked before each call, and again when refused. */
  token?: string | (() => string | Promise<string>);
  patience?: Partial<Patience>;
  /** For proxies, authorities of one's own, or tests. */
  fetch?: typeof fetch;
}

export interface Call {
  method: "GET" | "POST";
  path: string;
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
  idempotencyKey?: string | undefined;
  /** Seconds the server may hold its answer back. */
  hold?: number;
  patience?: Patience;
  signal?: AbortSignal | undefined;
}

interface Answer {
  status: number;
  retryAfter: number | null;
  body: string;
}

/** Every POST carries an idempotency key, so that it can be repeated without being done twice. */
export class Speaker {
  readonly url: string;
  readonly #token: Options["token"];
  readonly #patience: Patience;
  readonly #fetch: typeof fetch;

  constructor(options: Options) {
    this.url = address(options.url ?? environment("COUNTERSIGN_URL") ?? HERE);
    this.#token = options.token ?? environment("COUNTERSIGN_TOKEN");
    this.#patience = { ...PATIENCE, ...options.patience };
    this.#fetch = options.fetch ?? fetch;
  }

  async speak<T>(call: Call): Promise<T> {
    let headers = await this.#headers(call);
    let renewed = typeof this.#token !== "function";
    const patience = call.patience ?? this.#patience;
    const began = performance.now();
    for (let tried = 1; ; tried += 1) {
      const answer = await this.#once(call, headers).catch((failure: unknown) => unreachable(this.url, failure, call.signal));
      const spent = (performance.now() - began) / 1000;
      if (answer instanceof Unreachable) {
        await this.#rest(pause(patience, tried, spent, 0), answer, call.signal);
      } else if (AGAIN.has(answer.status)) {
        const wait = pause(patience, tried, spent, answer.retryAfter ?? 0);
        if (wait === null) {
          return this.#understood<T>(answer);
        }
        await sleep(wait, call.signal);
      } else if (answer.status === UNAUTHORIZED && !renewed) {
        headers = { ...headers, Authorization: await this.#credential() };
        renewed = true;
      } else {
        return this.#understood<T>(answer);
      }
    }
  }

  async #rest(wait: number | null, failure: Unreachable, signal: AbortSignal | undefined): Promise<void> {
    if (wait === null) {
      throw failure;
    }
    await sleep(wait, signal);
  }

  /** The whole answer: a line that breaks halfway has brought none. */
  async #once(call: Call, headers: Record<string, string>): Promise<Answer> {
    const limit = AbortSignal.timeout(((call.hold ?? 0) + ANSWER) * 1000);
    const answer = await this.#fetch(this.url + call.path + query(call.query), {
      method: call.method,
      headers,
      redirect: "error",
      signal: call.signal ? AbortSignal.any([call.signal, limit]) : limit,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    return { status: answer.status, retryAfter: retryAfter(answer), body: await answer.text() };
  }

  async #credential(): Promise<string> {
    const token = typeof this.#token === "function" ? await this.#token() : this.#token;
    if (!token) {
      throw new NotLoggedIn("There is no credential: set COUNTERSIGN_TOKEN, or pass a token.");
    }
    if (!/^[!-~]+$/.test(token)) {
      throw new NotLoggedIn("The token holds spaces or other characters; copy it again.");
    }
    return `Bearer ${token}`;
  }

  async #headers(call: Call): Promise<Record<string, string>> {
    return {
      Accept: "application/json",
      Authorization: await this.#credential(),
      "User-Agent": `countersign-client-js/${VERSION}`,
      ...(call.body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(call.method === "POST" ? { "Idempotency-Key": call.idempotencyKey ?? crypto.randomUUID() } : {}),
    };
  }

  #understood<T>(answer: Answer): T {
    const value = json(answer.body);
    if (answer.status < 300 && typeof value === "object" && value !== null) {
      return value as T;
    }
    if (isProblem(value)) {
      throw new Refused(answer.status, value, answer.retryAfter);
    }
    if ([502, 503, 504].includes(answer.status)) {
      throw new Unreachable(`${this.url} is away: whatever stands before it answered ${answer.status}.`);
    }
    throw new NotUnderstood(`${this.url} answered ${answer.status}, and not as Countersign would; check the address.`);
  }
}

function address(url: string): string {
  let found: URL;
  try {
    found = new URL(url);
  } catch {
    throw new CountersignError(`${JSON.stringify(url)} is no address; give one like https://countersign.example.com.`);
  }
  if (!["http:", "https:"].includes(found.protocol) || found.username || found.password) {
    throw new CountersignError("The address must begin with https:// or http://, with no user or password in it.");
  }
  return (found.origin + found.pathname).replace(/\/+$/, "");
}

/** Where there is an environment: not in a browser. */
function environment(name: string): string | undefined {
  const found = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
  return found || undefined;
}

function query(given: Call["query"]): string {
  const said = Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return said.length ? `?${new URLSearchParams(said.map(([name, value]) => [name, String(value)]))}` : "";
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && "detail" in value;
}

/** In seconds; a date, which Countersign never sends, counts as nothing. */
function retryAfter(answer: Response): number | null {
  const said = answer.headers.get("retry-after") ?? "";
  return /^\d+$/.test(said) ? Number(said) : null;
}

/** Before trying again; null where patience is over. Spread, lest all come at once. */
export function pause(patience: Patience, tried: number, spent: number, atLeast: number): number | null {
  const wished = Math.min(patience.longest, patience.first * 2 ** Math.min(tried - 1, 20));
  const spread = Math.max(wished * (0.5 + Math.random() / 2), atLeast);
  return spent + spread <= patience.seconds ? spread : null;
}

export async function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** What fetch throws, but for the caller's own wish to stop. */
function unreachable(url: string, failure: unknown, signal: AbortSignal | undefined): Unreachable {
  if (signal?.aborted) {
    throw signal.reason;
  }
  const cause = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Unreachable(`${url} cannot be reached; is it running, and is this its address? (${why})`, { cause: failure });
}
