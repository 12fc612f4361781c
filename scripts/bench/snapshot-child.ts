import { WebSocket } from "ws";
import { connectChain } from "../../src/adapters/chain/connection.ts";
import { chainReader } from "../../src/adapters/chain/reader.ts";
import type { Hex } from "../../src/core/model/ids.ts";
import { SILENT } from "../../src/ports/telemetry.ts";

/** CPU of a snapshot, and of the same requests sent and their answers taken without looking at them, in turn. */
export interface SnapshotRound {
  readonly cpuMs: number;
  readonly rawCpuMs: number;
  readonly wallMs: number;
  readonly rawWallMs: number;
  readonly requests: number;
}

const [endpoint = "", genesis = "", rounds = "5"] = process.argv.slice(2);
const signal = new AbortController().signal;

/** Everything this process sends, for the baseline to send again. */
const sent: string[] = [];
// oxlint-disable-next-line typescript/unbound-method -- called with its own socket below.
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (this: WebSocket, data: unknown, ...rest: readonly unknown[]): void {
  if (typeof data === "string") sent.push(data);
  Reflect.apply(send, this, [data, ...rest]);
};

const connection = await connectChain({
  endpoints: [endpoint],
  expectedGenesis: genesis as Hex,
  signal,
  telemetry: SILENT,
});
if (!("api" in connection)) throw new Error(connection.message);
const reader = chainReader(connection);
const bare = new WebSocket(endpoint);
await new Promise((done) => bare.addEventListener("open", done, { once: true }));

async function measured(work: () => Promise<void>): Promise<{ readonly cpuMs: number; readonly wallMs: number }> {
  globalThis.gc?.();
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1_000, wallMs: performance.now() - began };
}

async function observe(): Promise<void> {
  const seen = await reader.observe({ netuid: 2, mechid: 0, hotkey: null, known: [] }, signal);
  if (!("neurons" in seen)) throw new Error(seen.message);
}

function raw(requests: readonly string[]): Promise<void> {
  return new Promise((done) => {
    let left = requests.length;
    bare.onmessage = () => {
      left -= 1;
      if (left === 0) done();
    };
    for (const request of requests) Reflect.apply(send, bare, [request]);
  });
}

const found: SnapshotRound[] = [];
for (let round = -3; round < Number(rounds); round += 1) {
  sent.length = 0;
  const ours = await measured(observe);
  const requests = [...sent];
  const baseline = await measured(() => raw(requests));
  if (round < 0) continue;
  found.push({
    cpuMs: ours.cpuMs,
    rawCpuMs: baseline.cpuMs,
    wallMs: ours.wallMs,
    rawWallMs: baseline.wallMs,
    requests: requests.length,
  });
}
bare.close();
await connection[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify(found)}\n`);
process.exit();
