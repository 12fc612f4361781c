import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBundle } from "../../src/adapters/journal/bundle-file.ts";
import { misshape } from "../../src/adapters/journal/record-shape.ts";
import { openJournal } from "../../src/adapters/journal/sqlite-journal.ts";
import { sealVerifier } from "../../src/adapters/wallet/verify-seal.ts";
import { openSigner } from "../../src/adapters/wallet/wallet.ts";
import { type CycleResult, runCycle } from "../../src/application/cycle.ts";
import type { CycleSettings } from "../../src/application/cycle-context.ts";
import { isDamage, parseLine } from "../../src/core/audit/bundle-lines.ts";
import { type ReplayTools, replayBundle } from "../../src/core/audit/replay-bundle.ts";
import type { BundleVerdict } from "../../src/core/audit/replay-result.ts";
import type { CycleRecord } from "../../src/core/model/records.ts";
import { generalPack } from "../../src/packs/general/general-pack.ts";
import type { Journal } from "../../src/ports/journal.ts";
import type { Question } from "../../src/ports/miners.ts";
import type { ChatMessage } from "../../src/ports/reference-model.ts";
import type { Signer } from "../../src/ports/signer.ts";
import { Ledger, type Script, type ScriptedPorts, type Stage, scriptedPorts } from "./scripted-ports.ts";
import { NETUID, observationOf, SCORING, secretOf, tasksOf } from "./scripted-world.ts";

export const SETTINGS: CycleSettings = {
  netuid: NETUID,
  mechid: 0,
  mode: "once",
  pack: generalPack,
  scoring: SCORING,
  software: { name: "touchstone", version: "0", node: "v24" },
  compareWith: null,
  concurrency: 1,
  acceptDoppelgangerRisk: false,
};

export const TOOLS: ReplayTools = {
  pack: (id, version) => (id === generalPack.manifest.id && version === 1 ? generalPack : undefined),
  shape: misshape,
  verifySeal: await sealVerifier(),
};

/** A real key from a seed file; that of every test unless told. */
export async function fieldKey(byte = "5e"): Promise<Signer> {
  const folder = mkdtempSync(join(tmpdir(), "touchstone-key-"));
  try {
    const file = join(folder, "seed");
    writeFileSync(file, `0x${byte.repeat(32)}\n`, { mode: 0o600 });
    return await openSigner({ kind: "seed-file", file });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const SIGNER: Signer = await fieldKey();

/** Miners know more the higher their uid; a judge that finds every open answer good. */
export function goodScript(world: { readonly epoch?: number; readonly miners?: number } = {}): Script {
  const observation = observationOf({ epoch: world.epoch ?? 3, miners: world.miners ?? 2, own: SIGNER.hotkey });
  const { number } = observation.block;
  return {
    observation,
    block: number,
    answer: (question) => knowing(question, world.epoch ?? 3, world.miners ?? 2),
    judge: verdict("good"),
    submissions: ["reflected"],
    settle: "by-ledger",
  };
}

function knowing({ uid, taskId }: Question, epoch: number, miners: number): string {
  const tasks = tasksOf(observationOf({ epoch, miners, own: SIGNER.hotkey }));
  const index = tasks.findIndex((task) => task.id === taskId);
  const expected = tasks[index]?.expected ?? "An essay about the matter.";
  return uid > index ? `After some thought:\n${expected}` : "I do not know";
}

/** A judge that always gives the letter of one verdict, read from the table it is shown. */
export function verdict(name: string): (messages: readonly ChatMessage[]) => string {
  return ([system]) => {
    const letter = new RegExp(`^(.) = ${name}: `, "m").exec(system?.content ?? "")?.[1];
    if (letter === undefined) throw new Error(`the prompt has no verdict ${name}`);
    return letter;
  };
}

/** In memory where the system has such a folder: that a journal survives a power cut is tested with the journal. */
const FOLDERS = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A data folder and the world around it; processes come and go, both stay. */
export class Bench implements Disposable {
  readonly folder: string = mkdtempSync(join(FOLDERS, "touchstone-cycle-"));
  readonly ledger: Ledger = new Ledger();

  /** One process: opens the journal, runs a cycle, closes. */
  async run(
    script: Script,
    change: Partial<Stage> & { readonly settings?: Partial<CycleSettings>; readonly signal?: AbortSignal } = {},
  ): Promise<{ readonly result: CycleResult; readonly ports: ScriptedPorts }> {
    const { settings, signal, ...stage } = change;
    return this.inside(async (journal) => {
      const observation = typeof script.observation === "function" ? script.observation() : script.observation;
      const epoch = "epochState" in observation ? observation.epochState.index : 0;
      const ports = scriptedPorts({
        script,
        journal,
        signer: SIGNER,
        ledger: this.ledger,
        secret: secretOf(epoch),
        ...stage,
      });
      const result = await runCycle(ports, { ...SETTINGS, ...settings }, signal ?? ports.wire.abort.signal);
      return { result, ports };
    });
  }

  async inside<T>(work: (journal: Journal) => Promise<T>): Promise<T> {
    const journal = await openJournal({ folder: this.folder, mode: "once" });
    try {
      return await work(journal);
    } finally {
      await journal.close();
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What was sealed, or an error that says what happened instead. */
export function sealedOf(result: CycleResult): Extract<CycleResult, { kind: "sealed" }> {
  if (result.kind !== "sealed") throw new Error(`not sealed: ${JSON.stringify(result)}`);
  return result;
}

export function recordsOf<K extends CycleRecord["kind"]>(
  records: readonly CycleRecord[],
  kind: K,
): readonly Extract<CycleRecord, { kind: K }>[] {
  return records.filter((record): record is Extract<CycleRecord, { kind: K }> => record.kind === kind);
}

export function recordOf<K extends CycleRecord["kind"]>(
  records: readonly CycleRecord[],
  kind: K,
): Extract<CycleRecord, { kind: K }> {
  const [record] = recordsOf(records, kind);
  if (record === undefined) throw new Error(`no ${kind}`);
  return record;
}

/** Replays a bundle file as the command does. */
export async function replayFile(path: string, tools: ReplayTools = TOOLS): Promise<BundleVerdict> {
  const read = await readBundle(path);
  return replayBundle(isDamage(read) ? [read] : read.map((line, index) => parseLine(line, index + 1)), tools);
}
