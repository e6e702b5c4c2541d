/** The client: ask people for a yes, wait for it, and do exactly what they said yes to. */

import type { Action } from "./digest.ts";
import { CountersignError, NotApproved } from "./errors.ts";
import { describe } from "./outcomes.ts";
import type { Outcome } from "./outcomes.ts";
import { Requests } from "./requests.ts";
import type { Calling, Id, Waiting } from "./requests.ts";
import { Speaker } from "./speaker.ts";
import type { Options } from "./speaker.ts";
import type { Done, Me, NewRequest, Request } from "./types.ts";

/** Without options it speaks to the server, and as whom, COUNTERSIGN_URL and COUNTERSIGN_TOKEN say. */
export class Countersign {
  readonly requests: Requests;
  readonly #speaker: Speaker;

  constructor(options: Options = {}) {
    this.#speaker = new Speaker(options);
    this.requests = new Requests(this.#speaker);
  }

  get url(): string {
    return this.#speaker.url;
  }

  /** Who the server takes us for. */
  async me(): Promise<Me> {
    return await this.#speaker.speak({ method: "GET", path: "/v1/me" });
  }

  /** Ask and wait: how it came out. With an idempotency key, e.g. after a restart, the first request is waited for again. */
  async ask(asked: NewRequest, options: Waiting & Calling = {}): Promise<Outcome> {
    const { idempotencyKey, signal } = options;
    const calling: Calling = { ...(idempotencyKey === undefined ? {} : { idempotencyKey }), ...(signal ? { signal } : {}) };
    const request = await this.requests.create(asked, calling);
    return await this.requests.wait(request.id, options);
  }

  /** How it came out. */
  async wait(id: Id, waiting: Waiting = {}): Promise<Outcome> {
    return await this.requests.wait(id, waiting);
  }

  /** Take what was approved, exactly once, bound to what will be done. */
  async claim(id: Id, what: Action | { actionDigest: string } = {}, calling: Calling = {}): Promise<Done> {
    return await this.requests.claim(id, what, calling);
  }

  /** How what was claimed has ended. */
  async report(id: Id, status: "success" | "failed", said: { detail?: string } & Calling = {}): Promise<Done> {
    return await this.requests.report(id, status, said);
  }

  /**
   * Ask, wait, claim, act, report. `act` gets exactly what was approved; edits by approvers must be accepted explicitly.
   * NotApproved is thrown, and nothing done, where there is no yes.
   */
  async guard<T>(
    asked: NewRequest,
    act: (approved: Request) => T | Promise<T>,
    options: Waiting & Calling & { acceptEdits?: boolean } = {},
  ): Promise<T> {
    const { request } = yes(await this.ask(asked, options), options.acceptEdits ?? false);
    const { request: claimed } = await this.claim(request.id, { action: request.action, params: request.params });
    let done: T;
    try {
      done = await act(claimed);
    } catch (failure) {
      const detail = failure instanceof Error ? failure.message.slice(0, 500) : "It failed.";
      await this.report(claimed.id, "failed", { detail }).catch(onlyOurs);
      throw failure;
    }
    await this.report(claimed.id, "success");
    return done;
  }
}

function yes(outcome: Outcome, acceptEdits: boolean): Outcome {
  if (!outcome.approved) {
    throw new NotApproved(outcome, describe(outcome));
  }
  if (outcome.kind === "approved_with_edits" && !acceptEdits) {
    throw new NotApproved(outcome, `${describe(outcome)}; only the changed action was approved, not what was asked.`);
  }
  return outcome;
}

/** That it could not be reported must not hide why it failed. */
function onlyOurs(failure: unknown): void {
  if (!(failure instanceof CountersignError)) {
    throw failure;
  }
}
