import { publicSeed, secretSeed } from "../../src/core/challenge/seeds.ts";
import { sha256, toHex } from "../../src/core/determinism/digest.ts";
import type { Hex, Ss58 } from "../../src/core/model/ids.ts";
import type { Neuron } from "../../src/core/model/metagraph.ts";
import type { ScoringConfig, Task } from "../../src/core/model/pack.ts";
import type { ChuteEvidence } from "../../src/core/model/roster.ts";
import { encodeSs58 } from "../../src/core/signing/ss58.ts";
import { generalPack } from "../../src/packs/general/general-pack.ts";
import type { Observation } from "../../src/ports/chain.ts";

/** A small subnet as the ports of a cycle would show it: uid 0 is the validator, 1 … n are miners with a chute each. */
export const NETUID = 7;
export const GENESIS: Hex = `0x${"9e".repeat(32)}`;
export const JUDGE = { model: "judge/model", chuteId: "11111111-1111-4111-8111-111111111111" };

export const SCORING: ScoringConfig = {
  tasks: { verifiable: 2, judged: 1 },
  decay: 0.8909,
  judgedWeight: 0.5,
  crossCap: 1,
  excuseCap: 0.6,
  availabilityFloor: 0.95,
  quorum: 0.9,
  minEligible: 1,
  policy: { id: "softmax", temperature: 0.5 },
  judge: { ...JUDGE, attempts: 2 },
};

export function hotkeyOf(uid: number): Ss58 {
  return encodeSs58(sha256(`hotkey ${uid}`));
}

export function chuteOf(uid: number): string {
  return `00000000-0000-4000-8000-${String(uid).padStart(12, "0")}`;
}

/** The cycle secret of an epoch. */
export function secretOf(epoch: number): Uint8Array {
  return sha256(`secret ${epoch}`);
}

function neuron(uid: number, hotkey: Ss58): Neuron {
  return {
    uid,
    hotkey,
    stakeRao: "5000000000000",
    permit: uid === 0,
    active: true,
    lastUpdate: 0,
    registeredAt: 10,
    incentive: 0,
  };
}

const TEMPO = 100;

export function firstBlock(epoch: number): number {
  return 1000 + epoch * TEMPO;
}

export function observationOf(world: {
  readonly epoch: number;
  readonly miners: number;
  readonly own: Ss58;
}): Observation {
  const { epoch, miners, own } = world;
  const number = firstBlock(epoch) + 1;
  const uids = Array.from({ length: miners }, (_, index) => index + 1);
  const commitments = uids.map((uid) => {
    const text = JSON.stringify({ chute_id: chuteOf(uid), model: `model-${uid}` });
    const fields = [{ kind: "raw" as const, data: toHex(new TextEncoder().encode(text)) }];
    return { hotkey: hotkeyOf(uid), block: 20 + uid, fields, lastCommitment: 20 + uid, revealed: [] };
  });
  return {
    netuid: NETUID,
    mechid: 0,
    block: { hash: toHex(sha256(`block ${number}`)), number, timeMs: 1_760_000_000_000 },
    specVersion: 475,
    hyperparameters: {
      tempo: TEMPO,
      weightsRateLimit: 50,
      weightsVersionKey: "0",
      minAllowedWeights: 1,
      maxWeightsLimit: 65_535,
      commitRevealEnabled: false,
      commitRevealPeriod: 1,
      commitRevealVersion: 4,
      stakeThresholdRao: "1000000000000",
      mechanismCount: 1,
      immunityPeriod: 100,
      activityCutoff: 5000,
    },
    epochState: {
      scheme: "state",
      pruningTarget: null,
      mode: "yuma",
      index: epoch,
      lastEpochBlock: firstBlock(epoch),
      pendingEpochAt: 0,
      blocksSinceLastStep: 1,
      nextEpochBlock: firstBlock(epoch + 1),
    },
    neurons: [neuron(0, own), ...uids.map((uid) => neuron(uid, hotkeyOf(uid)))],
    commitments: commitments.toSorted((a, b) => (a.hotkey < b.hotkey ? -1 : 1)),
    ownerHotkey: null,
    successors: [],
    row: null,
  };
}

export function evidenceOf(chuteId: string): ChuteEvidence {
  const view = {
    chuteId,
    name: "a model",
    slug: `slug-${Number(chuteId.slice(-12))}`,
    version: "v1",
    revision: null,
    template: "vllm",
    hot: true,
    disabled: false,
    tee: false,
    cords: [{ path: "/v1/chat/completions", method: "POST", stream: true }],
  };
  return { chuteId, found: true, view };
}

/** The answer key of an epoch: what only the validator can know before the seal. */
export function tasksOf(observation: Observation, scoring: ScoringConfig = SCORING): readonly Task[] {
  const { block, epochState, mechid, netuid } = observation;
  const shared = publicSeed({ netuid, mechid, epoch: epochState.index }, block.hash, generalPack.manifest);
  const secret = toHex(secretOf(epochState.index));
  return generalPack.draw({ publicSeed: shared, secretSeed: secretSeed(shared, secret), ...scoring.tasks });
}
