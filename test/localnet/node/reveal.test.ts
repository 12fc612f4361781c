import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodePayload } from "../../../src/core/timelock/payload.ts";
import { Beacon } from "../../../src/localnet/node/beacon.ts";
import * as items from "../../../src/localnet/node/items.ts";
import { SealedChain } from "./commit-reveal.ts";
import { edwards, NETUID, validator } from "./support.ts";

const ROW = [
  [1, 65_535],
  [2, 7],
];

describe("a sealed commit is opened", () => {
  test("with its pulse, in the block after the pulse, in the first blocks of its epoch, before any later epoch", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    expect(chain.commit({ commit: chain.seal({ round }), round })).toBe("ok");
    const committed = chain.best;
    chain.produceTo(firstBlock + 3);
    expect(chain.state.get(items.PULSES, round)).toBeDefined();
    expect(chain.row()).toEqual([]);
    chain.produce();
    expect(chain.row()).toEqual(ROW);
    expect(chain.queue()).toEqual([]);
    const own = chain.events.get(firstBlock + 4)?.filter(({ phase }) => phase === "Initialization");
    expect(own).toEqual([
      { phase: "Initialization", name: "WeightsSet", fields: [NETUID, 0] },
      { phase: "Initialization", name: "TimelockedWeightsRevealed", fields: [NETUID, validator.publicKey] },
    ]);
    // The update was the commit's (chain.md §3.11).
    expect(chain.state.get(items.LAST_UPDATE, NETUID)[0]).toBe(committed);
  });

  test("with commit-reveal switched off since, and then it moves the update as direct weights do (chain.md §3.3 #17)", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    expect(chain.commit({ commit: chain.seal({ round }), round })).toBe("ok");
    chain.set(items.COMMIT_REVEAL, false);
    chain.produceTo(firstBlock + 4);
    expect(chain.row()).toEqual(ROW);
    expect(chain.state.get(items.LAST_UPDATE, NETUID)[0]).toBe(firstBlock + 4);
  });

  test("before the epoch of the same block when its pulse is there already", () => {
    const chain = new SealedChain();
    const { firstBlock } = chain.plan();
    const round = Number(chain.state.get(items.LAST_STORED_ROUND)) + 4;
    expect(chain.commit({ commit: chain.seal({ round }), round })).toBe("ok");
    chain.produceTo(firstBlock);
    expect(chain.reveals()).toEqual([[firstBlock, "Initialization"]]);
    expect(chain.state.get(items.INCENTIVE, NETUID)[1]).toBeGreaterThan(60_000);
  });

  test.each([1, 2, 3])("after a reveal period of %i epochs", (period) => {
    const chain = new SealedChain();
    chain.set(items.REVEAL_PERIOD, period);
    chain.produce();
    const { round, firstBlock } = chain.plan();
    const last = chain.state.get(items.LAST_EPOCH_BLOCK, NETUID);
    expect(firstBlock).toBe(last + period * 20);
    chain.commit({ commit: chain.seal({ round }), round });
    chain.produceTo(firstBlock + 19);
    expect(chain.reveals()).toEqual([[firstBlock + 4, "Initialization"]]);
  });

  test("when it is committed in the last block before the epoch and in the epoch's own block", () => {
    for (const early of [1, 0]) {
      const chain = new SealedChain();
      const next = chain.state.get(items.LAST_EPOCH_BLOCK, NETUID) + 20;
      chain.produceTo(next - early - 1);
      const { round, firstBlock } = chain.plan();
      expect(firstBlock).toBe(early === 1 ? next : next + 20);
      chain.commit({ commit: chain.seal({ round }), round });
      chain.produceTo(firstBlock + 4);
      expect(chain.reveals()).toEqual([[firstBlock + 4, "Initialization"]]);
    }
  });

  test("in the form without a hotkey, too", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    chain.commit({ commit: chain.seal({ round, hotkey: null, uids: [3], values: [9] }), round });
    chain.produceTo(firstBlock + 4);
    expect(chain.row()).toEqual([[3, 65_535]]);
  });

  test("twenty epochs: every commit has its reveal and its row", () => {
    const chain = new SealedChain({ blockMs: 250 });
    for (let epoch = 0; epoch < 20; epoch += 1) {
      const { round } = chain.plan();
      expect(chain.commit({ commit: chain.seal({ round, values: [65_535, epoch] }), round })).toBe("ok");
      chain.produce(19);
      // At this pace the pulse is out before the epoch begins: the row counts in the epoch of its block.
      expect(chain.row()).toEqual([
        [1, 65_535],
        [2, epoch],
      ]);
    }
    expect(chain.reveals()).toHaveLength(20);
  });

  test("each mechanism has its own queue and row; both go by one epoch", () => {
    const chain = new SealedChain();
    chain.set(items.MECHANISM_COUNT, 2);
    chain.produce();
    const { round, firstBlock } = chain.plan();
    expect(chain.commit({ commit: chain.seal({ round, uids: [3], values: [1] }), round, mechid: 1 })).toBe("ok");
    expect(chain.commit({ commit: chain.seal({ round }), round })).toBe("ok");
    expect([chain.queue(0), chain.queue(1)]).toEqual([[1], [1]]);
    chain.produceTo(firstBlock + 4);
    expect([chain.row(0), chain.row(1)]).toEqual([ROW, [[3, 65_535]]]);
    expect(chain.reveals()).toHaveLength(2);
  });

  test("several of one hotkey in their order: the last that succeeds stays", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    for (const value of [1, 2, 3]) chain.commit({ commit: chain.seal({ round, values: [65_535, value] }), round });
    chain.commit({ commit: chain.seal({ round, uids: [99, 1] }), round });
    chain.produceTo(firstBlock + 4);
    expect(chain.row()).toEqual([
      [1, 65_535],
      [2, 3],
    ]);
    expect(chain.reveals()).toHaveLength(3);
  });
});

/** chain.md §4.5, one row each. */
describe("a sealed commit is lost without an event", () => {
  interface Loss {
    readonly seal?: (chain: SealedChain, round: number) => Uint8Array;
    readonly signer?: Uint8Array;
    readonly uid?: number;
    /** Done before the block that opens it. */
    readonly meanwhile?: (chain: SealedChain) => void;
  }
  const losses: readonly (readonly [string, Loss])[] = [
    ["bytes that are no ciphertext", { seal: () => new Uint8Array(300) }],
    ["one byte", { seal: () => Uint8Array.of(1) }],
    ["a damaged body", { seal: (c, round) => c.seal({ round }).map((byte, at) => (at === 200 ? byte ^ 1 : byte)) }],
    ["sealed to another round than the call says", { seal: (c, round) => c.seal({ round: round + 1 }) }],
    ["sealed to another beacon", { seal: (c, round) => c.seal({ round, beacon: foreignKey() }) }],
    ["a plaintext that is no payload", { seal: (c, round) => c.sealBytes(round, Uint8Array.of(0x84, 1, 2, 3)) }],
    ["lists of unequal length", { seal: (c, round) => c.sealBytes(round, unequal()) }],
    ["another hotkey's commit, copied", { signer: edwards.publicKey, uid: 5 }],
    ["no such uid", { seal: (c, round) => c.seal({ round, uids: [1, 99] }) }],
    ["a uid twice", { seal: (c, round) => c.seal({ round, uids: [1, 1] }) }],
    [
      "more uids than the subnet has",
      { seal: (c, round) => c.seal({ round, uids: [0, 1, 2, 3, 4, 5, 6], values: [1, 1, 1, 1, 1, 1, 1] }) },
    ],
    ["too few entries", { meanwhile: (c) => c.set(items.MIN_ALLOWED_WEIGHTS, 3) }],
    ["a version key that was raised", { meanwhile: (c) => c.set(items.WEIGHTS_VERSION_KEY, 1n) }],
    ["a permit that was lost", { meanwhile: (c) => c.set(items.PERMITS, [false, false, false, false, false, true]) }],
    ["a stake below the threshold", { meanwhile: (c) => c.set(items.STAKE_THRESHOLD, 10n ** 18n, []) }],
    ["a hotkey that left", { meanwhile: (c) => c.set(items.UIDS, undefined, [NETUID, validator.publicKey]) }],
  ];

  test.each(losses)("%s", (_name, { seal, signer, uid = 0, meanwhile }) => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    const before = chain.row(0, uid);
    const commit = seal?.(chain, round) ?? chain.seal({ round });
    expect(chain.commit({ commit, round, ...(signer === undefined ? {} : { signer }) })).toBe("ok");
    chain.produceTo(firstBlock + 3);
    expect(chain.queue()).toEqual([1]);
    meanwhile?.(chain);
    chain.produce();
    expect(chain.state.get(items.PULSES, round)).toBeDefined();
    expect(chain.queue()).toEqual([]);
    expect(chain.row(0, uid)).toEqual(before);
    const own = chain.events.get(chain.best)?.filter(({ phase }) => phase === "Initialization");
    expect(own).toEqual([]);
  });

  test("a good one behind a bad one is opened all the same", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    chain.commit({ commit: Uint8Array.of(1), round });
    chain.commit({ commit: chain.seal({ round }), round });
    chain.produceTo(firstBlock + 4);
    expect(chain.row()).toEqual(ROW);
  });

  test("a pulse that is late is waited for, block by block, while the epoch lasts", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    chain.commit({ commit: chain.seal({ round }), round });
    chain.engine.producer.pulses.withhold(round, Number.POSITIVE_INFINITY);
    chain.produceTo(firstBlock + 17);
    expect(chain.state.get(items.LAST_STORED_ROUND)).toBe(BigInt(round - 1));
    expect(chain.queue()).toEqual([1]);
    chain.engine.producer.pulses.release();
    chain.produce(2);
    expect(chain.reveals()).toEqual([[firstBlock + 19, "Initialization"]]);
  });

  test("a pulse that comes when the epoch has passed is too late", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    chain.commit({ commit: chain.seal({ round }), round });
    chain.engine.producer.pulses.withhold(round, Number.POSITIVE_INFINITY);
    chain.produceTo(firstBlock + 19);
    expect(chain.queue()).toEqual([1]);
    chain.engine.producer.pulses.release();
    chain.produce();
    expect(chain.queue()).toEqual([]);
    chain.produce(2);
    expect(chain.state.get(items.PULSES, round)).toBeDefined();
    expect(chain.reveals()).toEqual([]);
  });

  test("a round that never came, while a later one did", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    chain.engine.producer.pulses.lose(round);
    chain.commit({ commit: chain.seal({ round }), round });
    chain.commit({ commit: chain.seal({ round: round + 1, uids: [3], values: [1] }), round: round + 1 });
    chain.produceTo(firstBlock + 5);
    expect(chain.state.get(items.PULSES, round)).toBeUndefined();
    expect(chain.row()).toEqual([[3, 65_535]]);
    expect(chain.queue()).toEqual([1]);
    chain.produceTo(firstBlock + 20);
    expect(chain.queue()).toEqual([]);
    expect(chain.reveals()).toHaveLength(1);
  });

  test("a round too far ahead is taken and lost", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    expect(chain.commit({ commit: chain.seal({ round: round + 1000 }), round: round + 1000 })).toBe("ok");
    chain.produceTo(firstBlock + 20);
    expect(chain.queue()).toEqual([]);
    expect(chain.reveals()).toEqual([]);
  });

  test("the last round that a u64 can name is taken and lost, too", () => {
    const chain = new SealedChain();
    const round = 2n ** 64n - 1n;
    expect(chain.commit({ commit: Uint8Array.of(1), round })).toBe("ok");
    chain.produce(25);
    expect(chain.queue()).toEqual([1]);
    chain.produce(20);
    expect(chain.queue()).toEqual([]);
  });

  test("a whole queue of hostile bytes goes in one block, and the good one in its midst is opened", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    const good = chain.seal({ round });
    const bent = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }));
    const flipped = bent.map(([at, mask]) => good.map((byte, place) => (place === at ? byte ^ mask : byte)));
    const cut = fc.nat(good.length - 1).map((length) => good.subarray(0, length));
    const payload = fc.uint8Array({ maxLength: 60 }).map((plain) => chain.sealBytes(round, plain));
    const hostile = fc.sample(fc.oneof(fc.uint8Array({ maxLength: 400 }), flipped, cut, payload), 40);
    const queue = [...hostile, good, ...hostile].map((bytes) => [validator.publicKey, 30n, bytes, BigInt(round)]);
    chain.set(items.TIMELOCKED, queue, [NETUID, 1]);
    chain.produceTo(firstBlock + 4);
    expect(chain.queue()).toEqual([]);
    expect(chain.row()).toEqual(ROW);
    expect(chain.reveals()).toHaveLength(1);
  });

  test("a round that is over is not taken; the last stored one is", () => {
    const chain = new SealedChain();
    const last = Number(chain.state.get(items.LAST_STORED_ROUND));
    expect(chain.commit({ commit: Uint8Array.of(1), round: last })).toBe("InvalidRevealRound");
    // Within the block the pulses come before the calls: this is the last round of that block.
    expect(chain.commit({ commit: Uint8Array.of(1), round: last + 8 })).toBe("ok");
  });

  test("what a shorter reveal period makes too old goes at once", () => {
    const chain = new SealedChain();
    chain.set(items.REVEAL_PERIOD, 3);
    chain.produce();
    const { round } = chain.plan();
    chain.commit({ commit: chain.seal({ round }), round });
    chain.produce(20);
    expect(chain.queue()).toEqual([1]);
    chain.set(items.REVEAL_PERIOD, 1);
    chain.produce(20);
    expect(chain.queue()).toEqual([]);
    expect(chain.reveals()).toEqual([]);
  });
});

describe("what an owner does moves the reveal", () => {
  test("a triggered epoch: the reveal's epoch begins early and the pulse is waited for", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    chain.commit({ commit: chain.seal({ round }), round });
    chain.set(items.PENDING_EPOCH_AT, chain.best + 3);
    chain.produceTo(firstBlock + 4);
    expect(chain.reveals()).toEqual([[firstBlock + 4, "Initialization"]]);
    expect(chain.state.get(items.EPOCH_INDEX, NETUID)).toBe(2);
  });

  test("two triggered epochs: it is lost", () => {
    const chain = new SealedChain();
    const { round, firstBlock } = chain.plan();
    chain.commit({ commit: chain.seal({ round }), round });
    for (const after of [2, 4]) {
      chain.set(items.PENDING_EPOCH_AT, chain.best + after);
      chain.produce(after);
    }
    expect(chain.queue()).toEqual([]);
    chain.produceTo(firstBlock + 10);
    expect(chain.reveals()).toEqual([]);
  });

  test("a longer tempo: the pulse comes long before the epoch, which then opens at once", () => {
    const chain = new SealedChain();
    const { round } = chain.plan();
    chain.commit({ commit: chain.seal({ round }), round });
    chain.set(items.TEMPO, 40);
    chain.set(items.LAST_EPOCH_BLOCK, chain.best + 1);
    // The counter is not set back with it, and starts the epoch first; reveals see that one block later.
    chain.produceTo(20 + 40 + 1);
    expect(chain.state.get(items.LAST_EPOCH_BLOCK, NETUID)).toBe(chain.best);
    chain.produce();
    expect(chain.reveals()).toEqual([[chain.best, "Initialization"]]);
  });

  test("an epoch that is deferred counts as begun for reveals and for commits", () => {
    const chain = new SealedChain();
    const { firstBlock } = chain.plan();
    const round = Number(chain.state.get(items.LAST_STORED_ROUND)) + 8;
    chain.commit({ commit: chain.seal({ round }), round });
    chain.produceTo(firstBlock - 1);
    chain.set(items.MOST_EPOCHS, 0, []);
    chain.produce();
    expect(chain.events.get(firstBlock)?.map(({ name }) => name)).toContain("EpochDeferred");
    expect(chain.reveals()).toEqual([[firstBlock, "Initialization"]]);
    expect(chain.state.get(items.EPOCH_INDEX, NETUID)).toBe(1);
    const next = chain.plan();
    expect(chain.commit({ commit: chain.seal({ round: next.round }), round: next.round })).toBe("ok");
    expect(chain.queue()).toEqual([2]);
    chain.set(items.MOST_EPOCHS, 2, []);
    chain.produce();
    expect(chain.state.get(items.EPOCH_INDEX, NETUID)).toBe(2);
    expect(chain.state.get(items.LAST_EPOCH_BLOCK, NETUID)).toBe(chain.best);
  });
});

function foreignKey(): Uint8Array {
  return new Beacon(99).config()["public_key"] as Uint8Array;
}

function unequal(): Uint8Array {
  const bytes = encodePayload({ hotkey: null, uids: [1, 2], values: [1, 2], versionKey: "0" });
  return new Uint8Array([...bytes.subarray(0, 5), 4, 1, 0, ...bytes.subarray(-8)]);
}
