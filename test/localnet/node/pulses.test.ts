import { describe, expect, test } from "vitest";
import { sha256 } from "../../../src/core/determinism/digest.ts";
import { emissionTime, isPulse } from "../../../src/core/timelock/beacon.ts";
import * as items from "../../../src/localnet/node/items.ts";
import { SealedChain } from "./commit-reveal.ts";
import { connect, startTestNode } from "./support.ts";

interface StoredPulse {
  readonly round: bigint;
  readonly randomness: Uint8Array;
  readonly signature: Uint8Array;
}

function pulseOf(chain: SealedChain, round: number): StoredPulse | undefined {
  return chain.state.get(items.PULSES, round) as unknown as StoredPulse | undefined;
}

function last(chain: SealedChain): number {
  return Number(chain.state.get(items.LAST_STORED_ROUND));
}

describe("the pulses of the localnet's beacon", () => {
  test("are those whose time has come on the chain's clock, four a block at its public pace", () => {
    const chain = new SealedChain();
    const before = last(chain);
    chain.produce();
    expect(last(chain)).toBe(before + 4);
    const now = chain.state.get(items.NOW) / 1000;
    expect(emissionTime(last(chain))).toBeLessThanOrEqual(now);
    expect(emissionTime(last(chain) + 1)).toBeGreaterThan(now);
    const rounds = [1, 2, 3, 4].map((more) => BigInt(before + more));
    expect(chain.events.get(chain.best)).toContainEqual({
      phase: "ApplyExtrinsic",
      name: "NewPulse",
      fields: { rounds },
    });
  });

  test("are signatures of the key that the chain tells, with their digest as randomness", () => {
    const chain = new SealedChain();
    const round = last(chain);
    const pulse = pulseOf(chain, round);
    expect(pulse?.round).toBe(BigInt(round));
    expect(isPulse(round, pulse!.signature, chain.beaconKey())).toBe(true);
    expect(pulse?.randomness).toEqual(sha256(pulse!.signature));
  });

  test("another seed, another key; the same seed, the same", () => {
    const [a, b, c] = [1, 1, 2].map((seed) => new SealedChain({ seed }).beaconKey());
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
  });

  test("begin with the chain: there are none of earlier rounds", () => {
    const chain = new SealedChain();
    const oldest = Number(chain.state.get(items.OLDEST_STORED_ROUND));
    expect(emissionTime(oldest + 1) * 1000).toBeGreaterThan(Date.UTC(2026, 0, 1));
    expect(pulseOf(chain, oldest)).toBeDefined();
    expect(pulseOf(chain, oldest - 1)).toBeUndefined();
  });

  test("withheld ones come late, with the round after them, and none overtakes", () => {
    const chain = new SealedChain();
    const from = last(chain) + 2;
    chain.engine.producer.pulses.withhold(from, from + 9);
    chain.produce(2);
    expect(last(chain)).toBe(from - 1);
    chain.produce();
    expect(last(chain)).toBe(from + 10);
    expect(pulseOf(chain, from)).toBeDefined();
  });

  test("a backlog comes at 50 rounds a block", () => {
    const chain = new SealedChain();
    const from = last(chain) + 1;
    chain.engine.producer.pulses.withhold(from, Number.POSITIVE_INFINITY);
    chain.produce(30);
    expect(last(chain)).toBe(from - 1);
    chain.engine.producer.pulses.release();
    const steps = [1, 2, 3, 4].map(() => {
      chain.produce();
      return last(chain) - from + 1;
    });
    expect(steps).toEqual([50, 100, 132, 136]);
  });

  test("a lost one never comes, later ones do", () => {
    const chain = new SealedChain();
    const round = last(chain) + 2;
    chain.engine.producer.pulses.lose(round);
    chain.produce(2);
    expect(last(chain)).toBe(round + 6);
    expect(pulseOf(chain, round)).toBeUndefined();
    expect(pulseOf(chain, round + 1)).toBeDefined();
  });

  test("old ones are forgotten beyond 216,000 rounds", () => {
    const chain = new SealedChain();
    const oldest = last(chain) - 216_000;
    chain.set(items.OLDEST_STORED_ROUND, BigInt(oldest), []);
    chain.set(items.PULSES, { round: 1n, randomness: Uint8Array.of(1), signature: Uint8Array.of(1) }, [oldest]);
    chain.produce();
    expect(pulseOf(chain, oldest)).toBeUndefined();
    expect(Number(chain.state.get(items.OLDEST_STORED_ROUND))).toBe(last(chain) - 216_000 + 1);
  });

  test("clients read the beacon and its pulses with the usual queries, and none is made that nobody reads", async () => {
    await using node = await startTestNode({ blockMs: 12_000 });
    await node.advance(10);
    const api = await connect(node);
    const drand = api.query["drand"]!;
    const beacon = (await drand["beaconConfig"]!()).toJSON() as Record<string, unknown>;
    expect(beacon).toMatchObject({ period: 3, genesisTime: 1_692_803_367 });
    const stored = Number((await drand["lastStoredRound"]!()).toString());
    const pulse = (await drand["pulses"]!(stored)).toJSON() as { readonly signature: string };
    const bytes = (hex: unknown): Uint8Array => new Uint8Array(Buffer.from(String(hex).slice(2), "hex"));
    expect(isPulse(stored, bytes(pulse.signature), bytes(beacon["publicKey"]))).toBe(true);
    const keys = await drand["pulses"]!.keysPaged({ pageSize: 200, args: [] });
    const first = Number((await drand["oldestStoredRound"]!()).toString());
    expect(keys).toHaveLength(stored - first + 1);
    await api.disconnect();
  });
});
