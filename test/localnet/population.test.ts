import { beforeAll, describe, expect, test } from "vitest";
import { cryptoReady } from "../../src/localnet/chutes/sr25519.ts";
import { localSeed, makePopulation } from "../../src/localnet/population.ts";

beforeAll(cryptoReady);
const SEEDS = Array.from({ length: 30 }, (_, index) => index);

describe("the population", () => {
  test("is honest alone when it is small", () => {
    for (const seed of SEEDS) {
      const { miners } = makePopulation(localSeed(seed), 4);
      expect(miners.map((miner) => [miner.uid, miner.kind])).toEqual([1, 2, 3, 4].map((uid) => [uid, "honest"]));
      const qualities = miners.map((miner) => miner.quality).toSorted((a, b) => a - b);
      expect(qualities[0]).toBeLessThan(0.25);
      expect(qualities[3]).toBeGreaterThan(0.75);
    }
  });

  test.each([8, 12, 16, 64])("of %i has every kind, mostly honest ones, and distinct keys", (count) => {
    for (const seed of SEEDS.slice(0, 10)) {
      const { miners } = makePopulation(localSeed(seed), count);
      const kinds = new Set(miners.map((miner) => miner.kind));
      for (const kind of ["honest", "slow", "cold", "failing", "copy", "inject"]) expect(kinds).toContain(kind);
      expect(new Set(miners.map((miner) => miner.hotkey)).size).toBe(count);
      expect(miners.every((miner) => miner.quality >= 0 && miner.quality <= 1)).toBe(true);
    }
  });

  test("from twelve on holds a garbled commitment and a thief, who is later than the owner", () => {
    for (const seed of SEEDS) {
      const { miners } = makePopulation(localSeed(seed), 12);
      const garbled = miners.filter((miner) => miner.kind === "garbled");
      expect(garbled).toHaveLength(1);
      expect(() => JSON.parse(garbled[0]!.commitment.text)).toThrow();
      const claims = Map.groupBy(miners, (miner) => miner.chute.chuteId);
      const shared = [...claims.values()].filter((group) => group.length > 1);
      expect(shared).toHaveLength(1);
      const [owner, thief] = shared[0]!.toSorted((a, b) => a.commitment.order - b.commitment.order);
      expect([owner!.kind, thief!.kind]).toEqual(["honest", "copy"]);
      expect(thief!.commitment.text).toBe(owner!.commitment.text);
    }
  });

  test("copies speak with an honest miner's voice", () => {
    for (const seed of SEEDS) {
      const { miners } = makePopulation(localSeed(seed), 16);
      for (const copy of miners.filter((miner) => miner.kind === "copy")) {
        const victim = miners.find((miner) => miner.uid === copy.voice)!;
        expect([victim.kind, victim.quality]).toEqual(["honest", copy.quality]);
      }
    }
  });

  test("commitments are the JSON that discovery reads, some plain and some revealed", () => {
    const { miners } = makePopulation(localSeed(1), 64);
    const honest = miners.filter((miner) => miner.kind === "honest");
    expect(new Set(honest.map((miner) => miner.commitment.form))).toEqual(new Set(["plain", "revealed"]));
    for (const { chute, commitment } of honest) {
      const claim = JSON.parse(commitment.text);
      expect(claim).toEqual({
        v: 1,
        model: chute.name,
        ...("revision" in claim ? { revision: chute.revision } : {}),
        chute_id: chute.chuteId,
      });
      expect(commitment.text.length).toBeLessThanOrEqual("revision" in claim ? 512 : 128);
    }
    const withRevision = honest.filter(({ commitment }) => commitment.text.includes('"revision"'));
    expect(withRevision.length).toBeGreaterThan(honest.length / 4);
    expect(withRevision.length).toBeLessThan((honest.length * 3) / 4);
  });
});
