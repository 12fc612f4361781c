import { flushCompileCache } from "node:module";
import { connectChain } from "../../src/adapters/chain/connection.ts";
import { chainReader } from "../../src/adapters/chain/reader.ts";
import { weightSubmitter } from "../../src/adapters/chain/submitter.ts";
import { openJournal } from "../../src/adapters/journal/sqlite-journal.ts";
import { runLoop } from "../../src/application/loop.ts";
import { isFault } from "../../src/core/model/fault.ts";
import type { Hex } from "../../src/core/model/ids.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import { SETTINGS, SIGNER, verdict } from "./cycle-bench.ts";
import { type KillPoint, KillPoints } from "./kill-points.ts";
import { ManualClock } from "./manual-clock.ts";
import { Ledger, scriptedPorts } from "./scripted-ports.ts";
import { observationOf, secretOf } from "./scripted-world.ts";

/**
 * One life of the service: `node submission-child.ts <data folder> <node> <genesis> [<point>]`, with the real loop, journal, chain adapter
 * and hotkey. Miners answer at once; the judge is whimsical, so that no two lives would make the same vector out of nothing.
 * Whenever nothing is left to do but to wait it asks for a block, and it kills itself where it is told to.
 */
export type ToChild = { readonly kind: "block" } | { readonly kind: "end" } | ({ readonly kind: "arm" } & KillPoint);
export type ToParent =
  | { readonly kind: "idle" }
  | { readonly kind: "sealed"; readonly epoch: number; readonly passed: Readonly<Record<string, number>> };

export const BLOCK_MS = 12_000;
const QUIET_TURNS = 4;
const [folder = "", url = "", genesis = "", order] = process.argv.slice(2);

const points = new KillPoints();
if (order !== undefined) points.arm(JSON.parse(order) as KillPoint);
const drain = new AbortController();
const clock = new ManualClock();
const say = (message: ToParent): void => {
  process.send?.(message);
};
const telemetry: Telemetry = {
  event: (level, name, facts) => {
    if (level === "warn" || level === "error") process.stderr.write(`${JSON.stringify({ name, ...facts })}\n`);
  },
  progress: () => undefined,
};

let blocks = Promise.withResolvers<void>();
process.on("message", (message: ToChild) => {
  if (message.kind === "arm") points.arm(message);
  else if (message.kind === "end") drain.abort(new Error("asked to end"));
  else blocks.resolve();
});

const journal = await openJournal({ folder, mode: "run" });
const connection = await connectChain({
  endpoints: [url],
  expectedGenesis: genesis as Hex,
  signal: drain.signal,
  telemetry,
  requestsPerMinute: 100_000_000,
});
if (isFault(connection)) throw new Error(connection.message);

const VERDICTS = ["excellent", "good", "fair"] as const;
const ports = scriptedPorts({
  script: {
    observation: observationOf({ epoch: 0, miners: 0, own: SIGNER.hotkey }),
    answer: () => "An essay about the matter.",
    judge: (messages) => whimsical()(messages),
  },
  journal,
  signer: SIGNER,
  ledger: new Ledger(),
  secret: secretOf(0),
});

function whimsical(): ReturnType<typeof verdict> {
  return verdict(VERDICTS[Math.floor(Math.random() * VERDICTS.length)] ?? "good");
}

let over = false;
const loop = runLoop(
  {
    ...ports,
    chain: chainReader(connection),
    submitter: weightSubmitter(connection, SIGNER),
    journal: points.journal(journal),
    signer: SIGNER,
    entropy: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
    clock,
    telemetry,
  },
  { ...SETTINGS, mode: "run" },
  {
    ready: () => flushCompileCache(),
    sealed: ({ records }) => {
      const header = records.find((record) => record.kind === "header");
      say({ kind: "sealed", epoch: header?.epoch ?? -1, passed: points.counted() });
    },
  },
  { drain: drain.signal, signal: new AbortController().signal },
).finally(() => {
  over = true;
});
loop.catch(() => undefined);

async function isQuiet(): Promise<boolean> {
  for (let turn = 0; turn < QUIET_TURNS; turn += 1) {
    await new Promise(setImmediate);
    if (points.busy || over) return false;
  }
  return true;
}

while (!over) {
  if (!(await isQuiet())) continue;
  blocks = Promise.withResolvers<void>();
  say({ kind: "idle" });
  await Promise.race([blocks.promise, loop.catch(() => undefined)]);
  // The announcement has arrived before the answer to this.
  await connection.heads.ask(drain.signal).catch(() => undefined);
  await clock.advance(BLOCK_MS);
}
await loop;
await connection[Symbol.asyncDispose]();
await journal.close();
process.disconnect();
