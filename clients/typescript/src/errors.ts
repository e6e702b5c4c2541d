/** Everything that can go wrong: CountersignError, and below it Unreachable, NotUnderstood, NotLoggedIn, Refused, NotApproved. */

import type { Outcome } from "./outcomes.ts";
import type { Problem } from "./types.ts";

/** Whatever this package throws. */
export class CountersignError extends Error {
  override name = "CountersignError";
}

/** No answer came; whether it was done is unknown, unless what was tried may be repeated. */
export class Unreachable extends CountersignError {
  override name = "Unreachable";
}

/** Something answered, and not as Countersign would: a wrong address, a proxy's page. */
export class NotUnderstood extends CountersignError {
  override name = "NotUnderstood";
}

/** There is no credential to send. */
export class NotLoggedIn extends CountersignError {
  override name = "NotLoggedIn";
}

/** The codes by which programs tell refusals apart; there may be more by and by. */
export type Code =
  | "validation_error"
  | "unauthorized"
  | "forbidden"
  | "key_cannot_decide"
  | "own_request"
  | "not_an_approver"
  | "not_found"
  | "already_decided"
  | "approval_expired"
  | "not_open"
  | "stale_revision"
  | "stale_stage"
  | "idempotency_conflict"
  | "already_executing"
  | "execution_expired"
  | "action_changed"
  | "too_large"
  | "rate_limited"
  | (string & {});

/** The server's own no. The message is its sentence, written for whoever reads it. */
export class Refused extends CountersignError {
  override name = "Refused";
  readonly status: number;
  readonly problem: Problem;
  /** In seconds, where it is a matter of time. */
  readonly retryAfter: number | null;

  constructor(status: number, problem: Problem, retryAfter: number | null) {
    super(problem.detail || problem.title || `The server answered ${status}.`);
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  get code(): Code {
    return this.problem.code;
  }

  /** Which part of what was sent is meant, as a dotted path. */
  get field(): string | null {
    const found = this.problem["field"];
    return typeof found === "string" ? found : null;
  }
}

/** There is no yes to go on with; `outcome` says why. */
export class NotApproved extends CountersignError {
  override name = "NotApproved";
  readonly outcome: Outcome;

  constructor(outcome: Outcome, message: string) {
    super(message);
    this.outcome = outcome;
  }
}
