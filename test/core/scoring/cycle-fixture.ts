import type { Challenge, Judgement, Response } from "../../../src/core/model/answers.ts";
import type { Blame, FaultCode } from "../../../src/core/model/fault.ts";
import type { MetagraphSnapshot, Neuron } from "../../../src/core/model/metagraph.ts";
import type { ScoringConfig, Task } from "../../../src/core/model/pack.ts";
import type { IneligibleReason, Roster, RosterEntry } from "../../../src/core/model/roster.ts";
import { EMPTY_STATE, type EstimatorState } from "../../../src/core/model/scoring-state.ts";
import { type EstimateInput, estimate } from "../../../src/core/scoring/estimate.ts";

export const CONFIG: ScoringConfig = {
  tasks: { verifiable: 2, judged: 2 },
  decay: 0.8909,
  judgedWeight: 0.5,
  crossCap: 1,
  excuseCap: 0.4,
  availabilityFloor: 0.95,
  quorum: 0.3,
  minEligible: 2,
  policy: { id: "softmax", temperature: 0.5 },
  judge: { model: "judge", chuteId: null, attempts: 2 },
};

/** What became of one question: a score, a fault `blame/code`, `judge` (answered, not judged) or null: never asked. */
export type Cell = number | `${Blame}/${FaultCode}` | "judge" | null;

export interface MinerRow {
  readonly uid: number;
  readonly hotkey?: string;
  readonly registeredAt?: number;
  readonly ineligible?: IneligibleReason;
  readonly cells: readonly Cell[];
}

export interface World {
  /** `v` or `j` a task, e.g. `vvjj`. */
  readonly tasks: string;
  readonly rows: readonly MinerRow[];
  readonly before?: EstimatorState;
  readonly config?: Partial<ScoringConfig>;
  readonly ownHotkey?: string | null;
}

function neuron({ uid, hotkey = `key-${uid}`, registeredAt = 10 }: Omit<MinerRow, "cells">): Neuron {
  return {
    uid,
    hotkey,
    registeredAt,
    stakeRao: "1000",
    permit: true,
    active: true,
    lastUpdate: 0,
    incentive: 0,
  };
}

function snapshotOf(neurons: readonly Neuron[]): MetagraphSnapshot {
  return {
    kind: "snapshot",
    parents: [],
    netuid: 1,
    mechid: 0,
    block: { hash: "0x", number: 100, timeMs: 0 },
    specVersion: 1,
    hyperparameters: {
      tempo: 60,
      weightsRateLimit: 30,
      weightsVersionKey: "7",
      minAllowedWeights: 1,
      maxWeightsLimit: 65_535,
      commitRevealEnabled: false,
      commitRevealPeriod: 1,
      commitRevealVersion: 4,
      stakeThresholdRao: "1000",
      mechanismCount: 1,
      immunityPeriod: 100,
      activityCutoff: 5000,
    },
    epochState: {
      scheme: "state",
      mode: "yuma",
      index: 1,
      lastEpochBlock: 90,
      pendingEpochAt: 0,
      blocksSinceLastStep: 10,
      nextEpochBlock: 150,
      pruningTarget: null,
    },
    ownerHotkey: null,
    neurons,
    commitments: [],
    row: null,
    successors: [],
  };
}

function entryOf(row: MinerRow): RosterEntry {
  const { uid, hotkey, registeredAt } = neuron(row);
  if (row.ineligible !== undefined) {
    return { uid, hotkey, registeredAt, eligible: false, reason: row.ineligible, detail: "" };
  }
  const target = { chuteId: `c${uid}`, slug: `s${uid}`, path: "/", stream: false, model: "m", version: null };
  return { uid, hotkey, registeredAt, eligible: true, committedAt: 20, target };
}

function responseOf(uid: number, taskId: string, cell: Cell): Response[] {
  if (cell === null) return [];
  const base = { kind: "response", parents: [], uid, taskId } as const;
  if (typeof cell === "string" && cell !== "judge") {
    const [blame, code] = cell.split("/") as [Blame, FaultCode];
    const fault = { code, blame, retryable: false, message: "", remedy: "" };
    return [{ ...base, outcome: { answered: false, fault, attempts: [] } }];
  }
  return [
    {
      ...base,
      outcome: {
        answered: true,
        text: "text",
        textDigest: "0x",
        finishReason: "stop",
        latencyMs: 1,
        firstTokenMs: null,
        usage: null,
        invocationId: null,
        attempts: [],
      },
    },
  ];
}

function judgementOf(uid: number, taskId: string, cell: Cell): Judgement[] {
  if (typeof cell !== "number" && cell !== "judge") return [];
  const score = cell === "judge" ? null : cell;
  return [
    { kind: "judgement", parents: [], uid, taskId, judge: { kind: "verifier" }, attempts: [], score, fault: null },
  ];
}

/** The records that such a cycle would have left. */
export function cycle({ tasks, rows, before = EMPTY_STATE, config = {}, ownHotkey = null }: World): EstimateInput {
  const list: Task[] = tasks.split("").map((letter, index) => ({
    id: `t${String(index).padStart(2, "0")}`,
    channel: letter === "v" ? "verifiable" : "judged",
    generator: "g",
    prompt: "p",
    expected: null,
    maxTokens: 10,
  }));
  const each = <T>(make: (uid: number, taskId: string, cell: Cell) => T[]): T[] =>
    rows.flatMap((row) => list.flatMap((task, index) => make(row.uid, task.id, row.cells[index] ?? null)));
  const challenge: Challenge = {
    kind: "challenge",
    parents: [],
    publicSeed: "0x",
    secretDigest: "0x",
    tasks: list,
    deadlineBlock: 140,
  };
  const roster: Roster = { kind: "roster", parents: [], chutes: [], entries: rows.map(entryOf) };
  return {
    snapshot: snapshotOf(rows.map(neuron)),
    ownHotkey,
    roster,
    challenge,
    responses: each(responseOf),
    judgements: each(judgementOf),
    before,
    config: { ...CONFIG, ...config },
  };
}

/** The same world for several cycles on end; the last sheet. */
export function repeated(world: World, cycles: number): ReturnType<typeof estimate> {
  let sheet = estimate(cycle(world));
  for (let i = 1; i < cycles; i += 1) sheet = estimate(cycle({ ...world, before: sheet.after }));
  return sheet;
}
