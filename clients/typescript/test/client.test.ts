import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "node:test";

import * as c from "../src/index.ts";
import { QUICK, agent, person, road, soon } from "./live.ts";

const URL_ = process.env["COUNTERSIGN_URL"] ?? "";
let made = 0;

function deploy(more: Partial<c.NewRequest> = {}): c.NewRequest {
  made += 1;
  return {
    type: "deploy",
    title: `Deploy ${made} of ${process.pid}`,
    action: "kubectl apply",
    params: { replicas: 6, "ä\u0001": [1.5, null, "€"] },
    subject: { kind: "run", id: "run-1" },
    ...more,
  };
}

async function refused(promise: Promise<unknown>, code: c.Code): Promise<c.Refused> {
  const failure = await promise.then(
    () => assert.fail("nothing was refused"),
    (problem: unknown) => problem,
  );
  assert.ok(failure instanceof c.Refused, String(failure));
  assert.equal(failure.code, code);
  return failure;
}

test("it is built without options from the environment", async () => {
  assert.equal((await new c.Countersign().me()).kind, "agent");
  assert.equal(new c.Countersign().url, URL_);
});

test("a request is created, got and found among the pending", async () => {
  const client = agent();
  const asked = await client.requests.create(deploy());
  assert.equal((await client.requests.get(asked.id)).status, "pending");
  assert.equal((await client.requests.get(asked.number)).id, asked.id);
  const pending = await client.requests.pending({ type: "deploy" });
  assert.ok(pending.some((one) => one.id === asked.id));
  assert.ok((await person().requests.pending({ type: "deploy" })).some((one) => one.id === asked.id));
  const all: string[] = [];
  for await (const one of client.requests.each({ status: "pending" })) {
    all.push(one.id);
  }
  assert.ok(all.includes(asked.id));
});

test("asking and waiting is one line, and the outcome says who and why", async () => {
  const asked = deploy();
  const seen: number[] = [];
  let decided: Promise<unknown> | undefined; // only once it is waited for, else there may be nothing left to see change
  const outcome = await agent().ask(asked, {
    onChange: (request) => {
      seen.push(request.version);
      decided ??= person().requests.respond(request.id, { decision: "approve", comment: "Go." });
    },
  });
  await decided;
  assert.equal(outcome.kind, "approved");
  assert.deepEqual([outcome.by, outcome.comment, outcome.cause], [["Ada"], "Go.", "people"]);
  assert.match(c.describe(outcome), /^#\d+ approved by Ada: Go\.$/);
  assert.ok(seen.length >= 2);
});

test("a rejection is no error, and says whose it is", async () => {
  const asked = await agent().requests.create(deploy());
  await person().requests.respond(asked.id, { decision: "reject", comment: "Not today." });
  const outcome = await agent().wait(asked.id);
  assert.ok(outcome.kind === "rejected");
  assert.deepEqual([outcome.approved, outcome.rejection?.comment], [false, "Not today."]);
});

test("edits come with what was and what is", async () => {
  const asked = await agent().requests.create(deploy({ editable: { "params.replicas": { kind: "number" } } }));
  await person().requests.approve(asked.id, { edits: { "params.replicas": 2 } });
  const outcome = await agent().wait(asked.id);
  assert.ok(outcome.kind === "approved_with_edits");
  assert.deepEqual(outcome.edits.edits, { "params.replicas": 2 });
  assert.equal(outcome.request.params["replicas"], 2);
});

test("a wait that is over leaves the request open", async () => {
  const asked = await agent().requests.create(deploy());
  const outcome = await agent().wait(asked.id, { timeout: 0.2 });
  assert.deepEqual([outcome.kind, outcome.approved], ["open", false]);
  await agent().requests.cancel(asked.id, { comment: "No more." });
  const cancelled = await agent().wait(asked.id);
  assert.deepEqual([cancelled.kind, cancelled.comment, cancelled.by.length], ["cancelled", "No more.", 1]);
});

test("a question ends the wait if wished, and is answered", async () => {
  const client = agent();
  const asked = await client.requests.create(deploy());
  const [outcome] = await Promise.all([
    client.wait(asked.id, { orQuestion: true }),
    person().requests.ask(asked.id, "Was the backup tried?"),
  ]);
  assert.ok(outcome.kind === "open");
  assert.equal(outcome.questions[0]?.text, "Was the backup tried?");
  assert.equal((await client.requests.answer(asked.id, "Yes.")).request.status, "pending");
});

test("the digest is the server's, whatever stands in the params", async () => {
  const params = { a: 1e21, b: 1e-7, c: 0.1, d: -0, e: { "\u{1F600}": 1, "\uFB33": 2, "": [true] }, f: "\u2028\"\\/" };
  const asked = await agent().requests.create(deploy({ params }));
  assert.equal(await c.digestFor(asked, { action: asked.action, params }), asked.action_digest);
  for (const wrong of [{ a: NaN }, { a: Infinity }, { a: "\uD800" }, { a: new Date() }, { a: 1n }]) {
    await assert.rejects(c.digestFor(asked, { params: wrong }), TypeError);
  }
});

test("what was approved is claimed once, and nothing else in its place", async () => {
  const client = agent();
  const asked = await client.requests.create(deploy());
  await refused(client.claim(asked.id), "not_open");
  await person().requests.approve(asked.id);
  const what = { action: asked.action, params: asked.params };
  await refused(client.claim(asked.id, { ...what, params: { replicas: 600 } }), "action_changed");
  const claimed = await client.claim(asked.id, what);
  assert.equal(claimed.request.execution?.status, "executing");
  await refused(client.claim(asked.id, what), "already_executing");
  const done = await client.report(asked.id, "success", { detail: "Rolled out." });
  assert.equal(done.request.execution?.status, "success");
});

test("several are asked together, and found together", async () => {
  const asked = [deploy(), deploy()];
  const batch = await agent().requests.createBatch(asked);
  assert.deepEqual(batch.requests.map((one) => one.title), asked.map((one) => one.title));
  assert.equal((await agent().requests.batch(batch.id)).requests.length, 2);
});

test("a person has it run, once, and the card's button is no other way", async () => {
  const asked = await agent().requests.create(deploy());
  await refused(person().requests.haveRun(asked.id), "forbidden");
  await person().requests.approve(asked.id);
  const { request } = await person().requests.haveRun(asked.id);
  assert.equal(request.execution?.requested_by, "Ada");
  await refused(person().requests.haveRun(asked.id), "already_requested");
});

test("a guarded function runs once, with what was approved, and its end is reported", async () => {
  const asked = deploy({ editable: { "params.replicas": { kind: "number" } } });
  const client = agent();
  const [result] = await Promise.all([
    client.guard(asked, (approved) => `${String(approved.params["replicas"])} on ${approved.id}`, { acceptEdits: true }),
    soon(asked.title, (found, who) => who.requests.approve(found.id, { edits: { "params.replicas": 2 } })),
  ]);
  assert.match(result, /^2 on req_/);
  assert.equal((await client.requests.get(result.slice(5))).execution?.status, "success");
});

test("a guarded function does not run after a no, nor after edits that were not accepted", async () => {
  const editable = { "params.replicas": { kind: "number" as const } };
  let ran = 0;
  for (const [asked, said] of [
    [deploy(), { decision: "reject" as const }],
    [deploy({ editable }), { edits: { "params.replicas": 2 } }],
  ] as const) {
    const guarded = agent().guard(asked, () => (ran += 1));
    const decided = soon(asked.title, (found, who) =>
      "edits" in said ? who.requests.approve(found.id, said) : who.requests.respond(found.id, said),
    );
    await assert.rejects(guarded, c.NotApproved);
    await decided;
  }
  assert.equal(ran, 0);
});

test("a guarded function that fails is reported as failed, and fails", async () => {
  const asked = deploy();
  const act = (): never => {
    throw new Error("The cluster is gone.");
  };
  const decided = soon(asked.title, (found, who) => who.requests.approve(found.id));
  await assert.rejects(agent().guard(asked, act), /cluster is gone/);
  const { request } = await decided;
  const seen = await agent().requests.get(request.id);
  assert.deepEqual([seen.execution?.status, seen.execution?.detail], ["failed", "The cluster is gone."]);
});

test("refusals have the server's code, sentence and field", async () => {
  const client = agent();
  const failure = await refused(client.requests.create({ type: "deploy", title: "x".repeat(201) }), "validation_error");
  assert.deepEqual([failure.status, failure.field], [400, "title"]);
  assert.match(failure.message, /\.$/);
  await refused(client.requests.get("req_none"), "not_found");
  const asked = await client.requests.create(deploy());
  await refused(client.requests.approve(asked.id), "key_cannot_decide");
  await refused(client.requests.revise(asked.id, { revision: 7, title: "Other" }), "stale_revision");
  await refused(new c.Countersign({ token: "csk_unknown" }).me(), "unauthorized");
});

test("what else can be done with a request", async () => {
  const client = agent();
  const asked = await client.requests.create(deploy());
  await client.requests.comment(asked.id, "Nearly.");
  assert.equal((await client.requests.revise(asked.id, { title: `${asked.title}, again` })).request.revision, 2);
  assert.equal((await client.requests.requirements(asked.id))[0]?.satisfied, false);
  await person().requests.approve(asked.id, { revision: 2 });
  assert.equal((await client.requests.decisions(asked.id)).length, 1);
  assert.ok((await client.requests.events(asked.id)).length >= 3);
  assert.ok(await client.requests.explain(asked.id));
  assert.match(await client.requests.receipt(asked.id), /^[\w-]+\.[\w-]+\.[\w-]+$/);
  assert.equal((await client.requests.discard(asked.id)).request.discarded, true);
  await refused(client.claim(asked.id), "not_open");
});

test("a call that got lost is sent again under the same key, and done once", async () => {
  await using way = await road(URL_, ["hang up before", "hang up after", { status: 503 }]);
  const asked = deploy();
  const created = await agent({ url: way.url }).requests.create(asked);
  assert.equal(way.keys.length, 4);
  assert.equal(new Set(way.keys).size, 1);
  const found: string[] = [];
  for await (const one of agent().requests.each()) {
    if (one.title === asked.title) {
      found.push(one.id);
    }
  }
  assert.deepEqual(found, [created.id]);
});

test("the same key gives the same request, and refuses another one", async () => {
  const idempotencyKey = `key-${process.pid}`;
  const asked = deploy();
  const first = await agent().requests.create(asked, { idempotencyKey });
  assert.equal((await agent().requests.create(asked, { idempotencyKey })).id, first.id);
  await refused(agent().requests.create(deploy(), { idempotencyKey }), "idempotency_conflict");
});

test("it waits as long as it is told to, and no longer than it has patience", async () => {
  await using way = await road(URL_, [{ status: 429, headers: { "Retry-After": "1" } }]);
  const began = performance.now();
  await agent({ url: way.url }).me();
  assert.ok(performance.now() - began >= 990);
  await using slow = await road(URL_, [{ status: 503, headers: { "Retry-After": "600" } }]);
  await assert.rejects(agent({ url: slow.url }).me(), c.Unreachable);
});

test("a server that is away, another one in its place, and no credential are told apart", async () => {
  const impatient = { patience: { ...QUICK, seconds: 0 } };
  await assert.rejects(new c.Countersign({ url: "http://127.0.0.1:9", ...impatient }).me(), c.Unreachable);
  await assert.rejects(new c.Countersign({ token: "two words" }).me(), c.NotLoggedIn);
  assert.throws(() => new c.Countersign({ url: "countersign" }), c.CountersignError);
  assert.throws(() => new c.Countersign({ url: "https://me:secret@example.com" }), c.CountersignError);
  const server = createServer((_, answer) => answer.end("<html>Welcome"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await assert.rejects(new c.Countersign({ url }).me(), c.NotUnderstood);
  server.closeAllConnections();
  server.close();
});

test("the credential does not follow a redirect", async () => {
  await using way = await road(URL_, [{ status: 302, headers: { Location: `${URL_}/v1/me` } }]);
  await assert.rejects(agent({ url: way.url, patience: { seconds: 0 } }).me(), c.Unreachable);
});

test("a wait is given up when its signal says so", async () => {
  const asked = await agent().requests.create(deploy());
  await assert.rejects(agent().wait(asked.id, { signal: AbortSignal.timeout(100) }), { name: "TimeoutError" });
  await assert.rejects(agent().me.call(agent()).then(() => agent().requests.get(asked.id, { signal: AbortSignal.abort() })), {
    name: "AbortError",
  });
});

test("a token may be made anew for each call", async () => {
  let asked = 0;
  const token = (): string => {
    asked += 1;
    return process.env["COUNTERSIGN_TOKEN"] ?? "";
  };
  const client = new c.Countersign({ token });
  await client.me();
  await client.me();
  assert.equal(asked, 2);
});

test("a token that has ended meanwhile is asked for anew, once, and nothing is done twice", async () => {
  const unauthorized = { status: 401, headers: {} };
  await using way = await road(URL_, [{ status: 503 }, unauthorized]);
  let asked = 0;
  const token = async (): Promise<string> => {
    asked += 1;
    return process.env["COUNTERSIGN_TOKEN"] ?? "";
  };
  const made = await agent({ url: way.url, token }).requests.create(deploy());
  assert.equal(made.status, "pending");
  assert.deepEqual([asked, new Set(way.keys).size, way.keys.length], [2, 1, 3]);
  await using closed = await road(URL_, [unauthorized, unauthorized, unauthorized]);
  await assert.rejects(agent({ url: closed.url, token }).me(), c.NotUnderstood);
  assert.equal(closed.keys.length, 2);
  await using fixed = await road(URL_, [unauthorized, unauthorized]);
  await assert.rejects(agent({ url: fixed.url }).me(), c.NotUnderstood);
  assert.equal(fixed.keys.length, 1);
});
