/** Everything that can be done with requests. */

import { digestFor } from "./digest.ts";
import type { Action } from "./digest.ts";
import { isOpen, openQuestions, outcomeOf } from "./outcomes.ts";
import type { Outcome } from "./outcomes.ts";
import { sleep } from "./speaker.ts";
import type { Patience, Speaker } from "./speaker.ts";
import type {
  Approval,
  Batch,
  Decision,
  Done,
  Event,
  Explanation,
  NewRequest,
  Page,
  Receipt,
  Rejection,
  Request,
  Requirement,
  Revision,
  Summary,
  Wanted,
} from "./types.ts";

/** Seconds the server may hold an answer back: below the minute after which most proxies hang up. */
const HOLD = 45;

/** While waiting for people, a server that is being restarted is waited for as well. */
const AWAY: Patience = { seconds: 300, first: 0.5, longest: 10 };

export type Id = string | number;

export interface Calling {
  signal?: AbortSignal;
  /** With the same one a second time, the first answer is given again. Without, each call has one of its own. */
  idempotencyKey?: string;
}

export interface Waiting {
  signal?: AbortSignal;
  /** In seconds; when it is over, the outcome is `open`. Without, until the request's own deadline. */
  timeout?: number;
  /** Come back as soon as an approver has asked something. */
  orQuestion?: boolean;
  /** Hears of each new version, the first included. */
  onChange?: (request: Request) => void;
}

export class Requests {
  readonly #speaker: Speaker;

  constructor(speaker: Speaker) {
    this.#speaker = speaker;
  }

  /** Ask for several like things together: one card in Slack, all of them or none, at most twenty. */
  async createBatch(asked: NewRequest[], calling: Calling = {}): Promise<Batch> {
    return await this.#speaker.speak({ method: "POST", path: "/v1/batches", body: { requests: asked }, ...calling });
  }

  /** What was asked together, as it is now. */
  async batch(id: string, signal?: AbortSignal): Promise<Batch> {
    return await this.#speaker.speak({ method: "GET", path: `/v1/batches/${encodeURIComponent(id)}`, signal });
  }

  /** Ask. */
  async create(asked: NewRequest, calling: Calling = {}): Promise<Request> {
    return await this.#speaker.speak({ method: "POST", path: "/v1/requests", body: asked, ...calling });
  }

  /** By id or number, as it is now. */
  async get(id: Id, calling: { signal?: AbortSignal } = {}): Promise<Request> {
    return await this.#speaker.speak({ method: "GET", path: path(id), ...calling });
  }

  /** One page, newest first; `each` gives all of them. */
  async list(wanted: Wanted = {}): Promise<Page<Summary>> {
    return await this.#speaker.speak({ method: "GET", path: "/v1/requests", query: wanted });
  }

  /** All of them, newest first, fetched as they are looked at. */
  async *each(wanted: Omit<Wanted, "cursor" | "limit"> = {}): AsyncGenerator<Summary, void, undefined> {
    let cursor: string | null = null;
    do {
      const page: Page<Summary> = await this.list({ ...wanted, limit: 100, ...(cursor === null ? {} : { cursor }) });
      yield* page.data;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }

  /** What is open: for a person what waits for them, for an agent what it has asked. */
  async pending(wanted: { type?: string } = {}): Promise<Summary[]> {
    const { kind } = await this.#speaker.speak<{ kind: string }>({ method: "GET", path: "/v1/me" });
    const mine: Wanted = kind === "member" ? { assignee: "me" } : {};
    return (await this.list({ status: "pending,asked_question", limit: 100, ...wanted, ...mine })).data;
  }

  /** How it came out. Answers within moments of the decision; a server that restarts meanwhile is waited for. */
  async wait(id: Id, waiting: Waiting = {}): Promise<Outcome> {
    const until = waiting.timeout === undefined ? Infinity : performance.now() / 1000 + waiting.timeout;
    let seen = await this.get(id, only(waiting.signal));
    for (;;) {
      waiting.onChange?.(seen);
      if (!isOpen(seen) || (waiting.orQuestion && openQuestions(seen).length > 0)) {
        return outcomeOf(seen);
      }
      const newer = await this.#newer(seen, until, waiting.signal);
      if (newer === null) {
        return outcomeOf(seen);
      }
      seen = newer;
    }
  }

  /** The next version; null once the time is over. */
  async #newer(seen: Request, until: number, signal: AbortSignal | undefined): Promise<Request | null> {
    for (;;) {
      const began = performance.now() / 1000;
      const left = until - began;
      if (left <= 0) {
        return null;
      }
      const hold = Math.max(1, Math.round(Math.min(left, HOLD)));
      const found = await this.#speaker.speak<Request>({
        method: "GET",
        path: path(seen.id),
        query: { wait: `${hold}s`, version: seen.version },
        hold,
        patience: { ...AWAY, seconds: Math.min(AWAY.seconds, Math.max(left, 1)) },
        signal,
      });
      if (found.version > seen.version || !isOpen(found)) {
        return found;
      }
      if (performance.now() / 1000 - began < 1) {
        await sleep(Math.min(1, left), signal); // a server that is going answers at once: no storm of calls
      }
    }
  }

  /** As a person, whose token may decide. Revision and stage may be left out while there has been one of each. */
  async approve(id: Id, said: Approval = {}, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "approve", said, calling);
  }

  /** As a person, whose token may decide; the comment is the reason. */
  async reject(id: Id, said: Rejection = {}, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "reject", said, calling);
  }

  /** `approve` or `reject`, for whoever has the decision in a variable. */
  async respond(id: Id, said: { decision: "approve" | "reject"; comment?: string }, calling: Calling = {}): Promise<Done> {
    if (said.decision !== "approve" && said.decision !== "reject") {
      throw new TypeError('decision must be "approve" or "reject".');
    }
    return await this.#do(id, said.decision, { comment: said.comment ?? null }, calling);
  }

  /** Take one's own approval back, while the request is open. */
  async withdraw(id: Id, said: { comment?: string } = {}, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "withdraw", said, calling);
  }

  /** Ask the requester something. */
  async ask(id: Id, question: string, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "ask", { question }, calling);
  }

  /** Answer a question; its id may be left out while exactly one is open. */
  async answer(id: Id, answer: string, said: { question?: string } & Calling = {}): Promise<Done> {
    const { question, ...calling } = said;
    return await this.#do(id, "answer", { answer, question: question ?? null }, calling);
  }

  /** Say something; changes no status. */
  async comment(id: Id, comment: string, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "comment", { comment }, calling);
  }

  /** As the requester, or an admin. */
  async cancel(id: Id, said: { comment?: string } = {}, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "cancel", said, calling);
  }

  /** What was approved shall not be done; before it is claimed. */
  async discard(id: Id, said: { comment?: string } = {}, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "discard", said, calling);
  }

  /** Those who have not answered; refused with `rate_limited` and `retryAfter` when it is too soon. */
  async remind(id: Id, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "remind", {}, calling);
  }

  /** Move the deadline later. */
  async extend(id: Id, until: Date | string, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "extend", { expires_at: until instanceof Date ? until.toISOString() : until }, calling);
  }

  /** Give one's own seat away, to an e-mail address or member id. */
  async handOver(id: Id, said: { to: string; comment?: string }, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "handover", said, calling);
  }

  /** Change what is asked; it is judged anew, and earlier decisions no longer count. */
  async revise(id: Id, changed: Revision, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "revise", changed, calling);
  }

  /** As a person: call upon whoever acts to do what was approved, now; the card's Run button. */
  async haveRun(id: Id, calling: Calling = {}): Promise<Done> {
    return await this.#do(id, "run", {}, calling);
  }

  /** Take what was approved, exactly once. Say what will be done, and anything else than what was approved is refused. */
  async claim(id: Id, what: Action | { actionDigest: string } = {}, calling: Calling = {}): Promise<Done> {
    const digest = "actionDigest" in what ? what.actionDigest : await this.#digest(id, what, calling.signal);
    return await this.#do(id, "execution", { status: "executing", action_digest: digest }, calling);
  }

  async #digest(id: Id, what: Action, signal: AbortSignal | undefined): Promise<string | null> {
    if (what.action === undefined && what.params === undefined) {
      return null;
    }
    return await digestFor(await this.get(id, only(signal)), what);
  }

  /** How the execution that was claimed has ended. */
  async report(id: Id, status: "success" | "failed", said: { detail?: string } & Calling = {}): Promise<Done> {
    const { detail, ...calling } = said;
    return await this.#do(id, "execution", { status, detail: detail ?? null }, calling);
  }

  /** Who is needed, and how far it is. */
  async requirements(id: Id): Promise<Requirement[]> {
    return await this.#several(id, "requirements");
  }

  /** All that were given, those that no longer count included. */
  async decisions(id: Id): Promise<Decision[]> {
    return await this.#several(id, "decisions");
  }

  /** The ledger's rows of a request. */
  async events(id: Id): Promise<Event[]> {
    return await this.#several(id, "events");
  }

  /** Why these people, and how it stands. */
  async explain(id: Id): Promise<Explanation> {
    return await this.#speaker.speak({ method: "GET", path: `${path(id)}/explain` });
  }

  /** The signed proof that this was approved, for the agent that asks for it: a JWS. */
  async receipt(id: Id): Promise<string> {
    return (await this.#speaker.speak<Receipt>({ method: "GET", path: `${path(id)}/receipt` })).receipt;
  }

  async #several<T>(id: Id, what: string): Promise<T[]> {
    return (await this.#speaker.speak<{ data: T[] }>({ method: "GET", path: `${path(id)}/${what}` })).data;
  }

  async #do(id: Id, verb: string, body: object, calling: Calling): Promise<Done> {
    return await this.#speaker.speak({ method: "POST", path: `${path(id)}/${verb}`, body, ...calling });
  }
}

function path(id: Id): string {
  return `/v1/requests/${encodeURIComponent(String(id))}`;
}

function only(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
