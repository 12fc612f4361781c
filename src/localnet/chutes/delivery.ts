import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { errorReply, rowOrStatus } from "./error-rows.ts";
import type { ChutesFault } from "./fault-rules.ts";
import type { Reply } from "./reply.ts";

/** How an answer leaves: whole, or as a fault demands. */
export interface Sending {
  readonly response: ServerResponse;
  readonly fault: ChutesFault | undefined;
  /** Factor on every latency; 0 for tests that do not wait. */
  readonly pace: number;
  /** Ends waits when the caller or the server goes away. */
  readonly signal: AbortSignal;
}

/** What the fault makes of the request before anything is computed. */
export function replacedBy(fault: ChutesFault | undefined, streams: boolean): Reply | undefined {
  if (fault?.kind === "status") return rowOrStatus(fault.value ?? 503);
  if (fault?.kind === "error" && !streams) return errorReply("500-exhausted");
  return undefined;
}

/** True when the connection is to be cut or left hanging at this point: `after` the model has answered, or before. */
export function isSilent(fault: ChutesFault | undefined, after: boolean): boolean {
  return (fault?.kind === "drop" || fault?.kind === "half-open") && (fault.value === 1) === after;
}

/** Writes the reply; returns the status that counts in the ledger. Rejects when the signal ends the wait. */
export async function deliver(reply: Reply, sending: Sending): Promise<number> {
  const { response, fault, signal } = sending;
  const wait = reply.latencyMs * sending.pace + (fault?.kind === "delay" ? Number(fault.value ?? 1000) : 0);
  if (wait > 0) await sleep(wait, undefined, { signal, ref: false });
  signal.throwIfAborted();
  response.writeHead(reply.status, reply.headers);
  if (reply.body.kind === "whole") writeWhole(reply.body.text, response, fault);
  else await writeStream(reply.body.blocks, sending);
  return reply.status;
}

function writeWhole(text: string, response: ServerResponse, fault: ChutesFault | undefined): void {
  if (fault?.kind !== "truncate") {
    response.end(text);
    return;
  }
  // Half of a chunked body, then the connection is gone.
  response.write(text.slice(0, Math.ceil(text.length / 2)), () => response.destroy());
}

/** The platform's own words for an engine that failed under a stream: no `data:`, no `[DONE]` (chutes.md §2.7 rule 2). */
const BARE_ERROR = '{"error":"Unhandled exception during response stream: upstream connection lost"}\n';

async function writeStream(blocks: readonly string[], sending: Sending): Promise<void> {
  const { response, fault } = sending;
  const cut = fault?.kind === "truncate" || fault?.kind === "error";
  const last = cut ? Math.ceil(blocks.length / 2) : blocks.length;
  // A handful of packets: chunks may come together or alone, as on the real network.
  for (let at = 0; at < last && !response.destroyed; at += 8) {
    if (!response.write(blocks.slice(at, Math.min(last, at + 8)).join(""))) await drained(sending);
  }
  response.end(fault?.kind === "error" ? BARE_ERROR : undefined);
}

async function drained({ response, signal }: Sending): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once("drain", resolve);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}
