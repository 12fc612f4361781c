import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBeacon } from "../../../src/adapters/chain/beacon-state.ts";
import { LinkError } from "../../../src/adapters/chain/chain-fault.ts";
import { filedUnder, findFiled } from "../../../src/adapters/chain/commit-filing.ts";
import { readQueues } from "../../../src/adapters/chain/commit-queue.ts";
import type { Reads } from "../../../src/adapters/chain/view.ts";
import { toHex } from "../../../src/core/determinism/digest.ts";
import { QUICKNET_KEY } from "../../../src/core/timelock/beacon.ts";

/** A node's answers as the library would show them, sound and unsound. */
function answering(...values: readonly unknown[]): Reads {
  return { storage: () => Promise.resolve(values) } as unknown as Reads;
}

const GENESIS = `0x${"ab".repeat(32)}` as const;
const BEACON = { publicKey: toHex(QUICKNET_KEY), period: 3, genesisTime: 1_692_803_367 };
const anything = fc.oneof(
  fc.anything(),
  fc.array(fc.tuple(fc.string(), fc.anything(), fc.anything(), fc.anything()), { maxLength: 3 }),
  fc.record({ publicKey: fc.anything(), period: fc.anything(), genesisTime: fc.anything() }),
  fc.record({ publicKey: fc.constant(BEACON.publicKey), period: fc.constant(3), genesisTime: fc.anything() }),
);

describe("whatever a node answers", () => {
  test("a queue is read or the node cannot be read", async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        const read = readQueues(answering(value), { netuid: 7, mechid: 0 }, [1]);
        const found = await read.catch((error: unknown) => {
          expect(error).toBeInstanceOf(LinkError);
          return [];
        });
        for (const { bytes, block } of found.flat()) {
          expect(bytes).toMatch(/^0x(?:[0-9a-f]{2})*$/);
          expect(Number.isSafeInteger(block)).toBe(true);
        }
      }),
    );
  });

  test("a beacon is the known one, or is not sealed to", async () => {
    await fc.assert(
      fc.asyncProperty(anything, anything, async (config, last) => {
        const found = await readBeacon(answering(config, last), GENESIS).catch((error: unknown) => {
          expect(error).toBeInstanceOf(LinkError);
          return null;
        });
        if (found !== null && "publicKey" in found) expect(found.publicKey).toHaveLength(96);
      }),
    );
  });
});

test("quicknet's key is taken everywhere", async () => {
  for (const genesis of [GENESIS, "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03"] as const) {
    expect(await readBeacon(answering(BEACON, 12), genesis)).toEqual({ publicKey: QUICKNET_KEY, lastStoredRound: 12 });
  }
});

test("a runtime without a beacon is not sealed for", async () => {
  expect(await readBeacon(answering(undefined, undefined), GENESIS)).toMatchObject({ reason: "beacon-unknown" });
});

describe("a commit in the queues of its epoch and of those after it", () => {
  const commit = { bytes: "0x0102", round: 9, epoch: 5, version: 4, revealBlock: 100 } as const;
  const own = { commit, hotkey: "me" };
  const entry = { hotkey: "me", bytes: "0x0102", round: 9, block: 50 } as const;

  test("is where it was to be", () => {
    expect(filedUnder([[{ ...entry, bytes: "0xff" }, entry], [], []], own)).toEqual({
      state: "reflected",
      commit,
      fault: null,
    });
  });

  test.each([1, 2])("is %i epochs late", (later) => {
    const queues = [0, 1, 2].map((at) => (at === later ? [entry] : []));
    expect(filedUnder(queues, own)).toMatchObject({
      state: "finalized",
      commit: { epoch: 5 + later },
      fault: { blame: "chain" },
    });
  });

  test("is nowhere, and not somebody else's of the same bytes", () => {
    expect(findFiled([[{ ...entry, hotkey: "you" }], [], []], own)).toBeNull();
    expect(filedUnder([[], [], []], own)).toMatchObject({
      state: "finalized",
      commit,
      fault: { code: "chain-unconfirmed" },
    });
  });
});
