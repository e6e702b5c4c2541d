/** How a request came out: one shape per way, told apart by `kind`, so that a `switch` that forgets one is a type error. */

import { NotUnderstood } from "./errors.ts";
import type { Decision, Edits, Question, Request } from "./types.ts";

interface Came {
  readonly request: Request;
  /** The one word why it ended so: `people`, `rule:…`, `nobody_answered` and so on. */
  readonly cause: string | null;
  /** Names of the people whose decisions count, or who cancelled it. */
  readonly by: readonly string[];
  /** The last thing said along with a decision that counts, or with the cancelling. */
  readonly comment: string | null;
}

/** As asked: by people, or without any (`automatic`). */
export interface Approved extends Came {
  readonly kind: "approved";
  readonly approved: true;
  readonly automatic: boolean;
}

/** Only what now stands in the request was approved, not what was asked. */
export interface ApprovedWithEdits extends Came {
  readonly kind: "approved_with_edits";
  readonly approved: true;
  readonly edits: Edits;
}

/** By people, a rule, a policy or a check; `rejection` is null where it was no person. */
export interface Rejected extends Came {
  readonly kind: "rejected";
  readonly approved: false;
  readonly rejection: Decision | null;
}

/** Nobody answered in time; never somebody's refusal. */
export interface Expired extends Came {
  readonly kind: "expired";
  readonly approved: false;
}

/** By whoever asked, an admin, or a newer request. */
export interface Cancelled extends Came {
  readonly kind: "cancelled";
  readonly approved: false;
}

/** The wait was over first, or stopped at a question. */
export interface StillOpen extends Came {
  readonly kind: "open";
  readonly approved: false;
  readonly questions: readonly Question[];
}

export type Outcome = Approved | ApprovedWithEdits | Rejected | Expired | Cancelled | StillOpen;

export function isOpen(request: Pick<Request, "status">): boolean {
  return request.status === "pending" || request.status === "asked_question";
}

export function openQuestions(request: Request): Question[] {
  return request.questions.filter((question) => question.answer === null);
}

/** How it stands, as one of the shapes above. */
export function outcomeOf(request: Request): Outcome {
  const live = request.decisions.filter((decision) => decision.state === "live");
  const said = live.map((decision) => decision.comment).filter((comment) => comment);
  const came = {
    request,
    cause: request.cause,
    by: [...new Set(live.map((decision) => decision.name))],
    comment: said.at(-1) ?? null,
  };
  switch (request.status) {
    case "pending":
    case "asked_question":
      return { ...came, kind: "open", approved: false, questions: openQuestions(request) };
    case "approved":
    case "auto_approved":
      return { ...came, kind: "approved", approved: true, automatic: request.status === "auto_approved" };
    case "approved_with_edits":
      return { ...came, kind: "approved_with_edits", approved: true, edits: theEdits(request) };
    case "rejected":
    case "auto_rejected": {
      const rejection = live.find((decision) => decision.decision === "rejected") ?? null;
      return { ...came, kind: "rejected", approved: false, rejection };
    }
    case "expired":
      return { ...came, kind: "expired", approved: false };
    case "cancelled":
      return { ...came, ...whoEnded(request), kind: "cancelled", approved: false };
    default:
      throw unknown(request);
  }
}

/** Servers from before these were kept say neither. */
function whoEnded(request: Request): Pick<Came, "by" | "comment"> {
  return { by: request.ended_by ? [request.ended_by] : [], comment: request.end_comment ?? null };
}

function theEdits(request: Request): Edits {
  if (request.edits === null) {
    throw new NotUnderstood(`#${request.number} was approved with edits, and does not say which.`);
  }
  return request.edits;
}

/** A newer server than this client may know more. */
function unknown(request: { number: number; status: string }): NotUnderstood {
  return new NotUnderstood(
    `#${request.number} is ${JSON.stringify(request.status)}, which this client is too old to know; update it.`,
  );
}

/** In a sentence, for logs and messages. */
export function describe(outcome: Outcome): string {
  const by = outcome.by.length ? ` by ${outcome.by.join(", ")}` : "";
  const cause = outcome.cause && outcome.cause !== "people" ? ` (${outcome.cause})` : "";
  const said = outcome.comment ? `: ${outcome.comment}` : "";
  return `#${outcome.request.number} ${outcome.request.status.replaceAll("_", " ")}${by}${cause}${said}`;
}
