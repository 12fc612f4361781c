import { setTimeout as pause } from "node:timers/promises";
import { runCycle } from "../../src/application/cycle.ts";
import { compose } from "../../src/cli/compose.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";

/**
 * The validator of the benchmark: the composition of `once`, as many cycles as asked for, one line of JSON a cycle. Telemetry
 * is replaced by a clock that notes when each stage began and ended.
 */
export interface CycleReport {
  readonly kind: string;
  readonly bundle: string;
  readonly wallMs: number;
  /** First and last sign of each stage, in milliseconds of the cycle. */
  readonly stages: Readonly<Record<string, { readonly from: number; readonly to: number; readonly done: number }>>;
  readonly cpuMs: number;
  readonly requests: number;
  readonly submission: string;
  /** After a full collection. */
  readonly rssMb: number;
  readonly heapMb: number;
  /** The most so far, as the system counts it. */
  readonly peakMb: number;
}

const [config = "", cycles = "1"] = process.argv.slice(2);
const signal = new AbortController().signal;
await using composition = await compose("once", { config, quiet: true }, signal);

for (let cycle = 0; cycle < Number(cycles); cycle += 1) {
  if (cycle > 0) await nextEpoch();
  process.stdout.write(`${JSON.stringify(await one())}\n`);
}

async function one(): Promise<CycleReport> {
  const stages: Record<string, { from: number; to: number; done: number }> = {};
  const began = performance.now();
  const cpu = process.cpuUsage();
  const mark = (stage: string, done: number): void => {
    const at = performance.now() - began;
    const known = stages[stage];
    if (known === undefined) stages[stage] = { from: at, to: at, done };
    else Object.assign(known, { to: at, done });
  };
  const telemetry: Telemetry = { event: (_level, name) => mark(name, 1), progress: mark };
  const result = await runCycle({ ...composition.ports, telemetry }, composition.settings, signal);
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const sealed = result.kind === "sealed" ? result : undefined;
  if (sealed === undefined) throw new Error(`the cycle ended as ${JSON.stringify(result)}`);
  const submission = sealed.records.find((record) => record.kind === "submission");
  return {
    kind: result.kind,
    bundle: sealed.bundle,
    wallMs,
    stages,
    cpuMs: (user + system) / 1_000,
    requests: composition.ports.spend.spent().requests,
    submission: submission?.kind === "submission" ? submission.state : "none",
    rssMb: rss / 1_048_576,
    heapMb: heapUsed / 1_048_576,
    peakMb: process.resourceUsage().maxRSS / 1_024,
  };
}

/** Until the chain has left the epoch that was just sealed. */
async function nextEpoch(): Promise<void> {
  const { chain, journal } = composition.ports;
  const { netuid, mechid } = composition.settings;
  for (;;) {
    const seen = await chain.observe({ netuid, mechid, hotkey: null, known: [] }, signal);
    if ("epochState" in seen && journal.sealed({ netuid, mechid, epoch: seen.epochState.index }) === undefined) return;
    await pause(20);
  }
}
