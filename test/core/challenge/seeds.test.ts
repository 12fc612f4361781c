import { describe, expect, test } from "vitest";
import { questionSeed } from "../../../src/core/challenge/draw-challenge.ts";
import { packDigest, publicSeed, secretDigest, secretSeed } from "../../../src/core/challenge/seeds.ts";
import { generalManifest } from "../../../src/packs/general/manifest.ts";
import { generalVectors } from "../../support/general-vectors.ts";

describe("the seeds of a cycle", () => {
  test.each(generalVectors.cycles)("are those of the specification's Python reading, epoch $epoch", (cycle) => {
    expect(packDigest(generalManifest)).toBe(cycle.packDigest);
    expect(publicSeed(cycle, cycle.blockHash, generalManifest)).toBe(cycle.publicSeed);
    expect(secretDigest(cycle.secret)).toBe(cycle.secretDigest);
    expect(secretSeed(cycle.publicSeed, cycle.secret)).toBe(cycle.secretSeed);
    for (const [taskId, expected] of Object.entries(cycle.questionSeeds)) {
      expect(questionSeed(cycle.publicSeed, taskId)).toBe(expected);
    }
  });

  test("change with every fact they are made of", () => {
    const cycle = { netuid: 7, mechid: 0, epoch: 41 };
    const base = publicSeed(cycle, "0xaa", generalManifest);
    const others = [
      publicSeed({ ...cycle, netuid: 8 }, "0xaa", generalManifest),
      publicSeed({ ...cycle, mechid: 1 }, "0xaa", generalManifest),
      publicSeed({ ...cycle, epoch: 42 }, "0xaa", generalManifest),
      publicSeed(cycle, "0xab", generalManifest),
      publicSeed(cycle, "0xaa", { ...generalManifest, version: 2 }),
    ];
    expect(new Set([base, ...others]).size).toBe(6);
  });

  test.each(["0x", "0x00", `0x${"00".repeat(31)}`, `0x${"00".repeat(33)}`, `0x${"zz".repeat(32)}`] as const)(
    "a secret that is not 32 bytes is a broken invariant: %s",
    (secret) => {
      expect(() => secretDigest(secret)).toThrow(RangeError);
    },
  );
});
