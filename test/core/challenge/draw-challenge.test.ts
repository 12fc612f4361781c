import { describe, expect, test } from "vitest";
import { deadlineBlock, drawChallenge } from "../../../src/core/challenge/draw-challenge.ts";
import type { Header } from "../../../src/core/model/records.ts";
import { generalPack } from "../../../src/packs/general/general-pack.ts";
import { generalVectors } from "../../support/general-vectors.ts";
import { snapshotOf } from "./snapshot.ts";

function snapshotWith(tempo: number, nextEpochBlock: number | null) {
  const snapshot = snapshotOf([]);
  return {
    ...snapshot,
    hyperparameters: { ...snapshot.hyperparameters, tempo },
    epochState: { ...snapshot.epochState, nextEpochBlock },
  };
}

describe("the challenge of a cycle", () => {
  test.each(generalVectors.cycles)("holds seeds and tasks of the specification, epoch $epoch", (cycle) => {
    const snapshot = snapshotOf([]);
    const scoring = { tasks: { verifiable: 11, judged: 4 } } as Header["scoring"];
    const challenge = drawChallenge({
      header: { netuid: cycle.netuid, mechid: cycle.mechid, epoch: cycle.epoch, mode: "run", scoring },
      snapshot: { ...snapshot, block: { ...snapshot.block, hash: cycle.blockHash } },
      pack: generalPack,
      secret: cycle.secret,
    });
    expect(challenge).toEqual({
      publicSeed: cycle.publicSeed,
      secretDigest: cycle.secretDigest,
      tasks: cycle.tasks,
      deadlineBlock: deadlineBlock(snapshot, "run"),
    });
  });

  test.each([
    { mode: "run", tempo: 360, next: 1360, deadline: 1320 },
    { mode: "run", tempo: 360, next: null, deadline: 1320 },
    { mode: "run", tempo: 60, next: 1030, deadline: 1015 },
    { mode: "run", tempo: 3, next: 1003, deadline: 1003 },
    { mode: "once", tempo: 360, next: 1360, deadline: 1720 },
    { mode: "dry-run", tempo: 60, next: null, deadline: 1120 },
  ] as const)("$mode stops asking at $deadline: next epoch $next, tempo $tempo", ({ mode, tempo, next, deadline }) => {
    expect(deadlineBlock(snapshotWith(tempo, next), mode)).toBe(deadline);
  });
});
