import { describe, expect, test } from "vitest";
import { localRuntime } from "../../../src/localnet/metadata/registry.ts";
import { dispatch } from "../../../src/localnet/node/dispatch.ts";
import { genesisState } from "../../../src/localnet/node/genesis.ts";
import { customCode, guardError } from "../../../src/localnet/node/guards.ts";
import * as items from "../../../src/localnet/node/items.ts";
import { mechanismIndex } from "../../../src/localnet/node/mechanism.ts";
import { Overlay } from "../../../src/localnet/node/state.ts";
import { WritableState } from "../../../src/localnet/node/storage-item.ts";
import { SealedChain } from "./commit-reveal.ts";
import { edwards, miners, NETUID, testOptions, validator } from "./support.ts";

const runtime = localRuntime({ blockMs: 250 });
const BLOCK = 30;
const ME = validator.publicKey;
/** The epoch is due in block 30 and did not fire. */
const EPOCH = 1;
const ROUND = 10 ** 9;

function nullState(mechanisms = 1): WritableState {
  const state = new WritableState(runtime, new Overlay(genesisState(testOptions({ runtime, mode: "Null" }))));
  state.put(items.COMMIT_REVEAL, true, NETUID);
  state.put(items.WEIGHTS_RATE_LIMIT, 0, NETUID);
  state.put(items.MECHANISM_COUNT, mechanisms, NETUID);
  return state;
}

interface Attempt {
  readonly size?: number;
  readonly signer?: Uint8Array;
  readonly mechid?: number;
  readonly version?: number;
}

function commit(state: WritableState, { size = 10, signer = ME, mechid = 0, version = 4 }: Attempt = {}): string {
  const args = { netuid: NETUID, mecid: mechid, commit: new Uint8Array(size).fill(7), reveal_round: BigInt(ROUND) };
  const call = {
    pallet: "SubtensorModule",
    call: "commit_timelocked_mechanism_weights",
    args: { ...args, commit_reveal_version: version },
  };
  return dispatch({ state, block: BLOCK, signer, call }).failure?.error ?? "ok";
}

function elect(state: WritableState, uid: number): void {
  const permits = Array.from({ length: 6 }, (_, at) => at === uid);
  state.put(items.PERMITS, permits, NETUID);
}

function sizes(state: WritableState, mechid = 0): number[] {
  return state.get(items.TIMELOCKED, mechanismIndex(NETUID, mechid), EPOCH).map(([, , bytes]) => bytes.length);
}

describe("sealed commits on a Null subnet", () => {
  test("only the elected may commit; the pool says 255, for which there is no own code", () => {
    const state = nullState();
    expect(commit(state, { signer: edwards.publicKey })).toBe("NeuronNoValidatorPermit");
    state.put(items.OWNER_HOTKEY, edwards.publicKey, NETUID);
    expect(commit(state, { signer: edwards.publicKey })).toBe("NeuronNoValidatorPermit");
    expect(commit(state)).toBe("ok");
    const args = { netuid: NETUID, dests: [1], weights: [1], version_key: 0n };
    const call = { pallet: "SubtensorModule", call: "set_weights", args };
    const refused = guardError({ state, call, signer: edwards.publicKey, block: BLOCK });
    expect(refused).toBe("NeuronNoValidatorPermit");
    expect(customCode(refused ?? "")).toBe(255);
  });

  test.each([
    [1, 32_768],
    [2, 16_384],
    [3, 10_922],
  ])("with %i mechanisms each commit may have %i bytes", (mechanisms, most) => {
    const state = nullState(mechanisms);
    expect(commit(state, { size: most + 1 })).toBe("CommitPayloadTooLarge");
    expect(commit(state, { size: most })).toBe("ok");
  });

  test("the version is judged before the size", () => {
    expect(commit(nullState(), { size: 40_000, version: 3 })).toBe("IncorrectCommitRevealVersion");
  });

  test("a second commit takes the place of the first, and there is no limit of ten", () => {
    const state = nullState(2);
    for (let size = 1; size <= 12; size += 1) expect(commit(state, { size })).toBe("ok");
    expect(commit(state, { size: 99, mechid: 1 })).toBe("ok");
    expect([sizes(state, 0), sizes(state, 1)]).toEqual([[12], [99]]);
  });

  test("those with less stake give way where the mechanisms' common budget is exceeded", () => {
    const state = nullState(2);
    elect(state, 5);
    expect(commit(state, { size: 16_384, signer: edwards.publicKey })).toBe("ok");
    expect(commit(state, { size: 16_384, signer: edwards.publicKey, mechid: 1 })).toBe("ok");
    state.put(items.HOTKEY_ALPHA, 20_000n * 10n ** 9n, miners[0]!.publicKey, NETUID);
    elect(state, 1);
    expect(commit(state, { size: 16_384, signer: miners[0]!.publicKey })).toBe("ok");
    expect(commit(state, { size: 16_384, signer: miners[0]!.publicKey, mechid: 1 })).toBe("ok");
    // 65,536 bytes are filed; uid 5 has the least stake.
    elect(state, 0);
    expect(commit(state, { size: 1 })).toBe("ok");
    expect([sizes(state, 0), sizes(state, 1)]).toEqual([
      [16_384, 1],
      [16_384, 16_384],
    ]);
  });

  test("nobody gives way to less stake: the queue is full", () => {
    const state = nullState();
    const rich = [new Uint8Array(32).fill(1), BigInt(BLOCK), new Uint8Array(32_768), 1n];
    const richer = [new Uint8Array(32).fill(2), BigInt(BLOCK), new Uint8Array(32_768), 1n];
    for (const [uid, [who]] of [rich, richer].entries()) {
      state.put(items.UIDS, uid + 1, NETUID, who as Uint8Array);
      state.put(items.HOTKEY_ALPHA, 10n ** 18n, who as Uint8Array, NETUID);
    }
    state.put(items.TIMELOCKED, [rich, richer], NETUID, EPOCH);
    expect(commit(state, { size: 1 })).toBe("CommitQueueFull");
    expect(sizes(state)).toEqual([32_768, 32_768]);
    // Who left the subnet has no say.
    state.put(items.UIDS, undefined, NETUID, richer[0] as Uint8Array);
    expect(commit(state, { size: 1 })).toBe("ok");
    expect(sizes(state)).toEqual([32_768, 1]);
  });

  test("64 entries are the most; at equal stake the highest uid gives way", () => {
    const state = nullState();
    const others = Array.from({ length: 64 }, (_, at) => {
      const who = new Uint8Array(32).fill(at + 1);
      state.put(items.UIDS, at + 1, NETUID, who);
      return [who, BigInt(BLOCK), Uint8Array.of(at), 1n];
    });
    state.put(items.TIMELOCKED, others, NETUID, EPOCH);
    expect(commit(state)).toBe("ok");
    const queue = state.get(items.TIMELOCKED, NETUID, EPOCH);
    expect(queue).toHaveLength(64);
    expect(queue.map(([who]) => who[0])).not.toContain(64);
    expect(queue.at(-1)?.[0]).toEqual(ME);
  });
});

describe("rows on a Null subnet", () => {
  test("are kept as they came", () => {
    const state = nullState();
    state.put(items.COMMIT_REVEAL, false, NETUID);
    const args = { netuid: NETUID, dests: [2, 3], weights: [65_534, 1], version_key: 0n };
    const call = { pallet: "SubtensorModule", call: "set_weights", args };
    expect(dispatch({ state, block: BLOCK, signer: ME, call }).failure).toBeUndefined();
    expect(state.get(items.WEIGHTS, NETUID, 0)).toEqual([
      [2, 65_534],
      [3, 1],
    ]);
  });

  test("a weight on itself alone needs the permit, too", () => {
    const state = nullState();
    state.put(items.COMMIT_REVEAL, false, NETUID);
    const args = { netuid: NETUID, dests: [5], weights: [1], version_key: 0n };
    const call = { pallet: "SubtensorModule", call: "set_weights", args };
    const { failure } = dispatch({ state, block: BLOCK, signer: edwards.publicKey, call });
    expect(failure?.error).toBe("NeuronNoValidatorPermit");
  });

  test("a commit of 2,500 entries is opened and kept raw", () => {
    const count = 2500;
    const many = Array.from({ length: count - 2 }, (_, at) => {
      const publicKey = new Uint8Array(32);
      new DataView(publicKey.buffer).setUint32(0, at + 1);
      return { publicKey };
    });
    const chain = new SealedChain({ mode: "Null", miners: many });
    const uids = Array.from({ length: count }, (_, uid) => uid);
    const values = uids.map((uid) => uid + 1);
    const { round, firstBlock } = chain.plan();
    const commitBytes = chain.seal({ round, uids, values });
    expect(commitBytes.length).toBeGreaterThan(10_000);
    expect(chain.commit({ commit: commitBytes, round })).toBe("ok");
    chain.produceTo(firstBlock + 4);
    expect(chain.row()).toEqual(uids.map((uid) => [uid, uid + 1]));
  });

  test("a commit of somebody who lost the election meanwhile is lost", () => {
    const chain = new SealedChain({ mode: "Null" });
    const { round, firstBlock } = chain.plan();
    expect(chain.commit({ commit: chain.seal({ round }), round })).toBe("ok");
    chain.set(items.HOTKEY_ALPHA, 10n ** 18n, [edwards.publicKey, NETUID]);
    chain.produceTo(firstBlock + 4);
    expect(chain.queue()).toEqual([]);
    expect(chain.reveals()).toEqual([]);
  });
});
