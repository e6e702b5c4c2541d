/** A real server, told by the environment; a person who decides there; and a faulty road to it. */

import { createServer, request as send } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { Countersign } from "../src/index.ts";
import type { Options, Summary } from "../src/index.ts";

/** Quick to try again, and patient with a machine that has other things to do. */
export const QUICK = { seconds: 30, first: 0.01, longest: 0.05 };

export function agent(options: Options = {}): Countersign {
  return new Countersign({ patience: QUICK, ...options });
}

/** Somebody who may decide. */
export function person(): Countersign {
  return new Countersign({ token: process.env["PERSON_TOKEN"] ?? "", patience: QUICK });
}

/** As soon as a request with this title waits for them. */
export async function soon<T>(title: string, act: (found: Summary, who: Countersign) => Promise<T>): Promise<T> {
  const who = person();
  for (;;) {
    const found = (await who.requests.list({ status: "pending", limit: 100 })).data.find((one) => one.title === title);
    if (found !== undefined) {
      return await act(found, who);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What a call meets: an answer, or the line going dead before or after the server has heard it. */
export type Fault = "hang up before" | "hang up after" | { status: number; headers?: Record<string, string> };

export interface Road extends AsyncDisposable {
  url: string;
  keys: (string | undefined)[];
}

/** A proxy; each call meets the next fault, or none when there are no more. */
export async function road(to: string, faults: Fault[]): Promise<Road> {
  const keys: (string | undefined)[] = [];
  const server: Server = createServer((incoming, outgoing) => {
    keys.push(incoming.headers["idempotency-key"] as string | undefined);
    const fault = faults.shift();
    if (fault === "hang up before") {
      incoming.socket.destroy();
    } else if (typeof fault === "object") {
      incoming.resume();
      outgoing.writeHead(fault.status, fault.headers).end("away");
    } else {
      pass(to, incoming, outgoing, fault === "hang up after");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    keys,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(to: string, incoming: IncomingMessage, outgoing: ServerResponse, hangUp: boolean): void {
  const { method, headers, url } = incoming;
  const onward = send(to + (url ?? ""), { ...(method ? { method } : {}), headers }, (answer) => {
    if (hangUp) {
      answer.resume().on("end", () => incoming.socket.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(outgoing);
  });
  incoming.pipe(onward);
}
