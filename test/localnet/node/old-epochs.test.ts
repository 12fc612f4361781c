import { describe, expect, test } from "vitest";
import { type DecodedCall, localRuntime, type RuntimeCodec } from "../../../src/localnet/metadata/registry.ts";
import { tooLong } from "../../../src/localnet/node/call-bounds.ts";
import { nextEpochBlock } from "../../../src/localnet/node/epoch.ts";
import * as items from "../../../src/localnet/node/items.ts";
import { realRuntime, SealedChain } from "./commit-reveal.ts";
import { NETUID } from "./support.ts";

const runtime = realRuntime("subtensor-393.v15.scale");
const TEMPO = 20;

describe.skipIf(runtime === undefined)("a runtime that keeps no epoch index (metadata 393)", () => {
  const start = (): SealedChain => new SealedChain({ ...(runtime === undefined ? {} : { runtime }), tempo: TEMPO });
  const epochOf = (block: number): number => Math.floor((block + NETUID + 1) / (TEMPO + 1));

  test("epochs run in the last of tempo + 1 blocks, by block number", () => {
    const chain = start();
    const fired = new Set<number>();
    for (let made = 0; made < 3 * (TEMPO + 1); made += 1) {
      const next = nextEpochBlock(chain.state, NETUID);
      chain.produce();
      const step = chain.state.get(items.LAST_STEP, NETUID);
      if (step === chain.best) {
        fired.add(chain.best);
        expect(next).toBe(chain.best);
      }
    }
    expect(fired.size).toBe(3);
    for (const block of fired) expect((block + NETUID + 1) % (TEMPO + 1)).toBe(TEMPO);
  });

  test("commits are filed and opened by that number, two mechanisms alike", () => {
    const chain = start();
    chain.set(items.MECHANISM_COUNT, 2);
    chain.produce();
    const { round, firstBlock } = chain.plan();
    expect(chain.commit({ commit: chain.seal({ round }), round })).toBe("ok");
    expect(chain.queue()).toEqual([epochOf(chain.best)]);
    expect(chain.commit({ commit: chain.seal({ round, uids: [3], values: [1] }), round, mechid: 1 })).toBe("ok");
    chain.produceTo(firstBlock + 3);
    expect(chain.queue()).toEqual([epochOf(firstBlock) - 1]);
    chain.produce();
    expect([chain.row(0), chain.row(1)]).toEqual([
      [
        [1, 65_535],
        [2, 7],
      ],
      [[3, 65_535]],
    ]);
    expect(chain.reveals().map(([block]) => block)).toEqual([firstBlock + 4, firstBlock + 4]);
    expect(chain.queue()).toEqual([]);
  });

  test("a commit of the epoch's last block belongs to it, one of the next block to the next", () => {
    for (const [into, epochs] of [
      [TEMPO, 0],
      [0, 1],
    ] as const) {
      const chain = start();
      while ((chain.best + 1 + NETUID + 1) % (TEMPO + 1) !== into) chain.produce();
      const base = epochOf(chain.best);
      chain.commit({ commit: Uint8Array.of(1), round: 10 ** 9 });
      expect(chain.queue()).toEqual([base + epochs]);
    }
  });

  test("a pulse that does not come in time loses the commit", () => {
    const chain = start();
    const { round, firstBlock } = chain.plan();
    chain.commit({ commit: chain.seal({ round }), round });
    chain.engine.producer.pulses.lose(round);
    chain.produceTo(firstBlock + TEMPO);
    expect(chain.queue()).toHaveLength(1);
    chain.produce();
    expect(chain.queue()).toEqual([]);
    expect(chain.reveals()).toEqual([]);
  });
});

describe.each(["subtensor-424.v16.scale", "subtensor-461.v15.scale"])("%s", (file) => {
  const real = realRuntime(file);
  test.skipIf(real === undefined)("has no error for a commit above 5,000 bytes: it is no extrinsic at all", () => {
    const call = (bytes: number): DecodedCall => ({
      pallet: "SubtensorModule",
      call: "commit_timelocked_weights",
      args: { netuid: NETUID, commit: new Uint8Array(bytes), reveal_round: 1n, commit_reveal_version: 4 },
    });
    const older = real as RuntimeCodec;
    expect(tooLong(call(5000), older)).toBeUndefined();
    expect(tooLong(call(5001), older)).toBe("a commit of 5001 bytes");
    const ours = localRuntime({ blockMs: 250 });
    expect([tooLong(call(32_768), ours), tooLong(call(32_769), ours)]).toEqual([undefined, "a commit of 32769 bytes"]);
  });

  test.skipIf(real === undefined)("three epochs: every commit is opened", () => {
    const chain = new SealedChain(real === undefined ? {} : { runtime: real });
    for (let epoch = 0; epoch < 3; epoch += 1) {
      const { round, firstBlock } = chain.plan();
      expect(chain.commit({ commit: chain.seal({ round, values: [65_535, epoch] }), round })).toBe("ok");
      chain.produceTo(firstBlock + 4);
      expect(chain.row()).toEqual([
        [1, 65_535],
        [2, epoch],
      ]);
    }
  });
});
