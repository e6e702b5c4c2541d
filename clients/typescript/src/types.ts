/** The nouns of the API, by the names people use; their shapes are drawn from the API's own description. */

import type { components, paths } from "./schema.ts";

type Schemas = components["schemas"];

/** A whole request. */
export type Request = Schemas["RequestView"];
/** A request in a list. */
export type Summary = Schemas["RequestSummary"];
export type Status = Request["status"];
export type Decision = Schemas["DecisionView"];
export type Question = Schemas["QuestionView"];
export type Requirement = Schemas["RequirementView"];
export type Event = Schemas["EventView"];
export type Edits = Schemas["EditsView"];
export type Done = Schemas["DoneView"];
export type Receipt = paths["/v1/requests/{id}/receipt"]["get"]["responses"][200]["content"]["application/json"];
export type Me = Schemas["Me"];
export type Explanation = Schemas["Explanation"];
/** RFC 9457: `code` is for programs and stable, `detail` for people. */
export type Problem = Schemas["Problem"] & Record<string, unknown>;

/** What a request may say. What is left out is not declared, which is not zero. */
export type NewRequest = Schemas["NewRequest"];
export type Batch = Schemas["TogetherView"];
/** What shall be different; what is left out stays. */
export type Revision = Schemas["Revision"];
export type Approval = Schemas["Approval"];
export type Rejection = Schemas["Rejection"];

/** Which requests to list. */
export type Wanted = NonNullable<paths["/v1/requests"]["get"]["parameters"]["query"]>;

/** `next_cursor` is null on the last one. */
export interface Page<T> {
  data: T[];
  next_cursor: string | null;
  total?: number | null;
}
