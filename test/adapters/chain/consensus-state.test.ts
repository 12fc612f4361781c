import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LinkError } from "../../../src/adapters/chain/chain-fault.ts";
import type { ChainConnection } from "../../../src/adapters/chain/connection.ts";
import { readConsensus } from "../../../src/adapters/chain/consensus-state.ts";
import { readPairs } from "../../../src/adapters/chain/stored-rows.ts";
import { asStored, yumaEpoch } from "../../../src/core/chain/yuma-epoch.ts";
import type { ConsensusState } from "../../../src/core/chain/yuma-state.ts";
import { toHex } from "../../../src/core/determinism/digest.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import { minerKey, NETUID, SIGNAL, type World, world } from "./world.ts";

async function consensus(connection: ChainConnection): Promise<ConsensusState> {
  const state = await readConsensus(connection, { netuid: NETUID, mechid: 0 }, SIGNAL);
  if (isFault(state)) throw new Error(state.message);
  return state;
}

const VALIDATORS = [
  {
    publicKey: minerKey("validator one"),
    stakeRao: 5n * 10n ** 13n,
    weights: [
      [1, 65_535],
      [2, 32_768],
    ],
  },
  {
    publicKey: minerKey("validator two"),
    stakeRao: 4n * 10n ** 13n,
    weights: [
      [1, 20_000],
      [2, 65_535],
      [3, 1000],
    ],
  },
] as const;

describe("what decides an epoch, read from the simulated node", () => {
  let here: World;
  let connection: ChainConnection;
  beforeAll(async () => {
    here = await world({ otherValidators: VALIDATORS });
    await here.node.advance(5);
    connection = await here.connect();
  });
  afterAll(() => here[Symbol.asyncDispose]());

  test("rules, rows of those who may set weights, and nothing assumed", async () => {
    const state = await consensus(connection);
    expect(state).toMatchObject({
      netuid: NETUID,
      mode: "yuma",
      kappa: 32_767,
      bondsPenalty: 65_535,
      bondsMovingAverage: 900_000,
      liquidAlpha: false,
      commitRevealEnabled: false,
      assumed: [],
    });
    expect(state.weights).toEqual([
      { uid: 0, uids: [], values: [] },
      { uid: 5, uids: [1, 2], values: [65_535, 32_768] },
      { uid: 6, uids: [1, 2, 3], values: [20_000, 65_535, 1000] },
    ]);
    expect(state.bonds?.map(({ uid }) => uid)).toEqual([0, 5, 6]);
    expect(state.epochBlock).toBeGreaterThan(state.block);
  });

  test("takes two round trips once the head is known, and names one block in all of them", async () => {
    await consensus(connection);
    here.node.markWaves();
    const before = here.node.ledger().hashes;
    const { block } = await consensus(connection);
    expect(here.node.waves()).toBeLessThanOrEqual(2);
    const after = here.node.ledger().hashes;
    expect(Object.keys(after).filter((hash) => after[hash] !== before[hash])).toHaveLength(1);
    expect(block).toBeLessThanOrEqual(here.node.height());
  });

  test("a foretold epoch is the one that the chain then carries out", async () => {
    const foretold = yumaEpoch(await consensus(connection));
    await here.node.advance(70);
    const { neurons } = await consensus(connection);
    const stored = neurons.map((neuron) => neuron.incentive);
    expect(Math.max(...stored)).toBeGreaterThan(20_000);
    for (const [uid, share] of foretold.incentive.entries()) {
      expect(Math.abs(asStored(share) - (stored[uid] ?? -9))).toBeLessThanOrEqual(2);
    }
  });
});

test("on Null only the elected validator's row is read", async () => {
  await using here = await world({ otherValidators: VALIDATORS, mode: "Null" });
  await here.node.advance(5);
  const state = await consensus(await here.connect());
  expect(state).toMatchObject({ mode: "null", bonds: null });
  expect(state.weights.map(({ uid }) => uid)).toEqual([5]);
  expect(state.serverPoolRao).toMatch(/^\d+$/);
});

test("a node that does not answer is a fault", async () => {
  await using here = await world();
  const connection = await here.connect({ requestMs: 300 });
  await here.node[Symbol.asyncDispose]();
  expect(await readConsensus(connection, { netuid: NETUID, mechid: 0 }, SIGNAL)).toMatchObject({
    code: "chain-unreachable",
  });
});

describe("a stored row", () => {
  const encode = (pairs: readonly (readonly [number, number])[]): Uint8Array => {
    const n = pairs.length;
    const head = n < 64 ? [n * 4] : n < 16_384 ? [(n % 64) * 4 + 1, n >> 6] : [];
    return Uint8Array.from([...head, ...pairs.flatMap(([a, b]) => [a & 255, a >> 8, b & 255, b >> 8])]);
  };
  const u16 = fc.nat(65_535);

  test("is read back whatever its length", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(u16, u16), { maxLength: 200 }), (pairs) => {
        const { uids, values } = readPairs(toHex(encode(pairs)));
        expect(uids.map((uid, at) => [uid, values[at]])).toEqual(pairs);
      }),
    );
    expect(readPairs(null)).toEqual({ uids: [], values: [] });
  });

  test("that is cut, too long, or no row at all is refused by name", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const { uids, values } = readPairs(toHex(bytes));
          expect(encode(uids.map((uid, at) => [uid, values[at] ?? 0])).length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(LinkError);
        }
      }),
    );
    for (const hex of ["0x", "0x04", "0x0401000200ff", "0x0401", "0x03", "0x08010002000300"] as const) {
      expect(() => readPairs(hex)).toThrow(LinkError);
    }
  });
});
