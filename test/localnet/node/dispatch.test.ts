import { describe, expect, test } from "vitest";
import { storageIndex } from "../../../src/core/model/ids.ts";
import { localRuntime } from "../../../src/localnet/metadata/registry.ts";
import { dispatch } from "../../../src/localnet/node/dispatch.ts";
import { genesisState } from "../../../src/localnet/node/genesis.ts";
import { guardError } from "../../../src/localnet/node/guards.ts";
import * as items from "../../../src/localnet/node/items.ts";
import { Overlay } from "../../../src/localnet/node/state.ts";
import { WritableState } from "../../../src/localnet/node/storage-item.ts";
import { maxUpscale } from "../../../src/localnet/node/weights-call.ts";
import { edwards, miners, NETUID, stranger, testOptions, validator } from "./support.ts";

const runtime = localRuntime({ blockMs: 250 });
const BLOCK = 100;
const ME = validator.publicKey;

function freshState(): WritableState {
  return new WritableState(runtime, new Overlay(genesisState(testOptions({ runtime }))));
}

interface Attempt {
  readonly prepare?: (state: WritableState) => void;
  readonly signer?: Uint8Array;
  readonly args?: Record<string, unknown>;
}

const GOOD = { netuid: NETUID, mecid: 0, dests: [1, 2], weights: [65_535, 1], version_key: 0n };

function setWeights({ prepare, signer = ME, args = {} }: Attempt): { result: string; state: WritableState } {
  const state = freshState();
  prepare?.(state);
  const call = { pallet: "SubtensorModule", call: "set_mechanism_weights", args: { ...GOOD, ...args } };
  const { failure } = dispatch({ state, block: BLOCK, signer, call });
  return { result: failure?.error ?? "ok", state };
}

function touch(state: WritableState, block: number): void {
  state.put(items.LAST_UPDATE, [block, 0, 0, 0, 0, 0], NETUID);
}

function giveStake(state: WritableState, who: Uint8Array): void {
  state.put(items.HOTKEY_ALPHA, 10n ** 14n, who, NETUID);
}

describe("set_mechanism_weights", () => {
  // chain.md §3.3: with faults of the call's body present as well, it is the guard that speaks.
  test.each([
    ["NotEnoughStakeToSetWeights", { signer: stranger.publicKey, args: { mecid: 7, weights: [1] } }],
    ["SettingWeightsTooFast", { prepare: (state) => touch(state, BLOCK - 9), args: { weights: [1] } }],
  ] as readonly (readonly [string, Attempt])[])("the guards come first: %s", (expected, attempt) => {
    expect(setWeights(attempt).result).toBe(expected);
  });

  const everyFault = {
    dests: [9, 9, 9, 9, 9, 9, 9],
    weights: [1],
    mecid: 7,
  };

  // Rows of chain.md §3.3: with all later faults present, each fault is the one that is reported.
  test.each([
    ["CommitRevealEnabled", { prepare: (s) => s.put(items.COMMIT_REVEAL, true, NETUID), args: everyFault }],
    ["WeightVecNotEqualSize", { args: everyFault }],
    ["MechanismDoesNotExist", { args: { ...everyFault, weights: everyFault.dests } }],
    ["UidsLengthExceedUidsInSubNet", { args: { ...everyFault, weights: everyFault.dests, mecid: 0 } }],
    [
      "HotKeyNotRegisteredInSubNet",
      {
        signer: stranger.publicKey,
        prepare: (s) => {
          giveStake(s, stranger.publicKey);
          s.put(items.WEIGHTS_VERSION_KEY, 5n, NETUID);
        },
        args: { dests: [9, 9], weights: [1, 1] },
      },
    ],
    [
      "NotEnoughStakeToSetWeights",
      {
        signer: miners[0]!.publicKey,
        prepare: (s) => s.put(items.WEIGHTS_VERSION_KEY, 5n, NETUID),
        args: { dests: [9, 9], weights: [1, 1] },
      },
    ],
    [
      "IncorrectWeightVersionKey",
      {
        signer: miners[0]!.publicKey,
        prepare: (s) => {
          giveStake(s, miners[0]!.publicKey);
          s.put(items.WEIGHTS_VERSION_KEY, 5n, NETUID);
        },
        args: { dests: [9, 9], weights: [1, 1], version_key: 4n },
      },
    ],
    ["SettingWeightsTooFast", { prepare: (s) => touch(s, BLOCK - 9), args: { dests: [9, 9], weights: [1, 1] } }],
    [
      "NeuronNoValidatorPermit",
      {
        signer: miners[0]!.publicKey,
        prepare: (s) => giveStake(s, miners[0]!.publicKey),
        args: { dests: [9, 9], weights: [1, 1] },
      },
    ],
    ["DuplicateUids", { args: { dests: [9, 9], weights: [1, 1] } }],
    [
      "UidVecContainInvalidOne",
      { prepare: (s) => s.put(items.MIN_ALLOWED_WEIGHTS, 3, NETUID), args: { dests: [1, 9], weights: [1, 1] } },
    ],
    ["WeightVecLengthIsLow", { prepare: (s) => s.put(items.MIN_ALLOWED_WEIGHTS, 3, NETUID) }],
    ["ok", { prepare: (s) => s.put(items.MIN_ALLOWED_WEIGHTS, 2, NETUID) }],
  ] as readonly (readonly [string, Attempt])[])("%s", (expected, attempt) => {
    expect(setWeights(attempt).result).toBe(expected);
  });

  test.each([
    [
      "the version key is at least the stored one, not equal to it",
      { args: { version_key: 9n }, prepare: (s) => s.put(items.WEIGHTS_VERSION_KEY, 5n, NETUID) },
      "ok",
    ],
    ["exactly the rate limit after the last update is late enough", { prepare: (s) => touch(s, BLOCK - 10) }, "ok"],
    [
      "a weight on itself alone needs no permit and no minimum",
      {
        signer: miners[0]!.publicKey,
        args: { dests: [1], weights: [7] },
        prepare: (s) => {
          giveStake(s, miners[0]!.publicKey);
          s.put(items.MIN_ALLOWED_WEIGHTS, 3, NETUID);
        },
      },
      "ok",
    ],
    [
      "the owner's hotkey needs neither stake nor permit",
      { signer: miners[0]!.publicKey, prepare: (s) => s.put(items.OWNER_HOTKEY, miners[0]!.publicKey, NETUID) },
      "ok",
    ],
    ["an all-zero vector is accepted", { args: { weights: [0, 0] } }, "ok"],
    ["an empty vector is too short", { args: { dests: [], weights: [] } }, "WeightVecLengthIsLow"],
    ["the root network takes none", { args: { netuid: 0 } }, "CanNotSetRootNetworkWeights"],
    [
      "an unknown subnet is an unknown mechanism",
      { args: { netuid: 9 }, prepare: (s) => s.put(items.STAKE_THRESHOLD, 0n) },
      "MechanismDoesNotExist",
    ],
    ["a hostile mechanism number is only refused", { args: { mecid: 255 } }, "MechanismDoesNotExist"],
  ] as readonly (readonly [string, Attempt, string])[])("%s", (_name, attempt, expected) => {
    const prepare = (state: WritableState): void => {
      // Elsewhere there is no stake, and commit-reveal is on by default: both would speak first.
      const netuid = Number(attempt.args?.["netuid"] ?? NETUID);
      if (netuid !== NETUID) state.put(items.STAKE_THRESHOLD, 0n);
      state.put(items.COMMIT_REVEAL, false, netuid);
      attempt.prepare?.(state);
    };
    expect(setWeights({ ...attempt, prepare }).result).toBe(expected);
  });

  test("a refused call leaves no trace, an accepted one replaces the row as a whole", () => {
    const refused = setWeights({ args: { dests: [1, 9], weights: [1, 1] } }).state;
    expect(refused.get(items.WEIGHTS, NETUID, 0)).toEqual([]);
    const { state } = setWeights({ prepare: (s) => s.put(items.WEIGHTS, [[4, 9]], NETUID, 0) });
    expect(state.get(items.WEIGHTS, NETUID, 0)).toEqual([
      [1, 65_535],
      [2, 1],
    ]);
    expect(state.get(items.LAST_UPDATE, NETUID)).toEqual([BLOCK, 0, 0, 0, 0, 1]);
  });

  test("a second mechanism has rows and updates of its own, under the storage index", () => {
    const { state, result } = setWeights({
      args: { mecid: 1 },
      prepare: (s) => s.put(items.MECHANISM_COUNT, 2, NETUID),
    });
    expect(result).toBe("ok");
    const index = storageIndex(NETUID, 1);
    expect(state.get(items.WEIGHTS, index, 0)).toHaveLength(2);
    expect(state.get(items.LAST_UPDATE, index)).toEqual([BLOCK]);
    expect(state.get(items.WEIGHTS, NETUID, 0)).toEqual([]);
  });

  test.each([
    [[], []],
    [
      [0, 0],
      [0, 0],
    ],
    [
      [65_535, 7],
      [65_535, 7],
    ],
    [
      [1, 2, 3],
      [21_845, 43_690, 65_535],
    ],
    [
      [100, 33],
      [65_535, 21_626],
    ],
  ])("scales %j up to %j", (values, expected) => {
    expect(maxUpscale(values)).toEqual(expected);
  });
});

describe("commit_timelocked_mechanism_weights", () => {
  const good = { netuid: NETUID, mecid: 0, commit: Uint8Array.of(1, 2), reveal_round: 50n, commit_reveal_version: 4 };

  function commit({ prepare, signer = ME, args = {} }: Attempt): { result: string; state: WritableState } {
    const state = freshState();
    state.put(items.COMMIT_REVEAL, true, NETUID);
    state.put(items.LAST_STORED_ROUND, 0n);
    prepare?.(state);
    const call = { pallet: "SubtensorModule", call: "commit_timelocked_mechanism_weights", args: { ...good, ...args } };
    const { failure } = dispatch({ state, block: BLOCK, signer, call });
    return { result: failure?.error ?? "ok", state };
  }

  const fullQueue = (state: WritableState): void => {
    const row = [ME, BLOCK, Uint8Array.of(9), 1n];
    // The epoch is due at block 100 and did not fire: the commit belongs to the next one.
    state.put(items.TIMELOCKED, new Array(10).fill(row), NETUID, 1);
  };

  test.each([
    ["NotEnoughStakeToSetWeights", { signer: stranger.publicKey, args: { mecid: 3 } }],
    [
      "InvalidRevealRound",
      { args: { mecid: 3, reveal_round: 41n }, prepare: (s) => s.put(items.LAST_STORED_ROUND, 42n) },
    ],
    ["MechanismDoesNotExist", { args: { mecid: 3 }, prepare: (s) => s.put(items.COMMIT_REVEAL, false, NETUID) }],
    [
      "CommitRevealDisabled",
      { args: { commit_reveal_version: 3 }, prepare: (s) => s.put(items.COMMIT_REVEAL, false, NETUID) },
    ],
    [
      "IncorrectCommitRevealVersion",
      {
        args: { commit_reveal_version: 3 },
        signer: stranger.publicKey,
        prepare: (s) => giveStake(s, stranger.publicKey),
      },
    ],
    ["CommitPayloadTooLarge", { args: { commit: new Uint8Array(5001) } }],
    ["HotKeyNotRegisteredInSubNet", { signer: stranger.publicKey, prepare: (s) => giveStake(s, stranger.publicKey) }],
    [
      "CommittingWeightsTooFast",
      {
        prepare: (s) => {
          touch(s, BLOCK - 9);
          fullQueue(s);
        },
      },
    ],
    ["TooManyUnrevealedCommits", { prepare: fullQueue }],
    [
      "ok",
      {
        args: { commit: new Uint8Array(5000), reveal_round: 42n },
        prepare: (s) => s.put(items.LAST_STORED_ROUND, 42n),
      },
    ],
  ] as readonly (readonly [string, Attempt])[])("%s", (expected, attempt) => {
    expect(commit(attempt).result).toBe(expected);
  });

  test("keeps the sealed bytes under the epoch and moves LastUpdate", () => {
    const { state } = commit({});
    expect(state.get(items.TIMELOCKED, NETUID, 1)).toEqual([[ME, BigInt(BLOCK), Uint8Array.of(1, 2), 50n]]);
    expect(state.get(items.LAST_UPDATE, NETUID)[0]).toBe(BLOCK);
  });
});

describe("set_commitment", () => {
  function commit(state: WritableState, fields: unknown[], signer: Uint8Array = miners[3]!.publicKey): string {
    const call = { pallet: "Commitments", call: "set_commitment", args: { netuid: NETUID, info: { fields } } };
    return dispatch({ state, block: BLOCK, signer, call }).failure?.error ?? "ok";
  }
  const raw = (size: number): unknown => ({ type: `Raw${size}`, value: new Uint8Array(size) });

  test("needs a registered hotkey and refuses what only the runtime writes", () => {
    expect(commit(freshState(), [raw(3)], stranger.publicKey)).toBe("AccountNotAllowedCommit");
    const failed = { type: "TimelockRevealFailed", value: { encrypted: Uint8Array.of(1), reveal_round: 1n } };
    expect(commit(freshState(), [failed])).toBe("TimelockRevealFailedNotAllowed");
  });

  test("overwrites the row and remembers the block", () => {
    const state = freshState();
    expect(commit(state, [raw(3)])).toBe("ok");
    expect(commit(state, [raw(4)])).toBe("ok");
    const who = miners[3]!.publicKey;
    expect(state.get(items.COMMITMENT_OF, NETUID, who)).toMatchObject({ block: BLOCK, info: { fields: [raw(4)] } });
    expect(state.get(items.LAST_COMMITMENT, NETUID, who)).toBe(BLOCK);
  });

  test("charges at least 100 bytes and at most 3,100 in one epoch", () => {
    const state = freshState();
    for (let call = 0; call < 31; call += 1) expect(commit(state, [raw(3)])).toBe("ok");
    expect(commit(state, [raw(3)])).toBe("SpaceLimitExceeded");
    state.put(items.EPOCH_INDEX, 1, NETUID);
    expect(commit(state, [raw(3)])).toBe("ok");
  });

  test("a sealed one is listed as waiting for its round", () => {
    const state = freshState();
    expect(
      commit(state, [{ type: "TimelockEncrypted", value: { encrypted: Uint8Array.of(1), reveal_round: 9n } }]),
    ).toBe("ok");
    expect(state.get(items.TIMELOCKED_INDEX)).toEqual([[NETUID, miners[3]!.publicKey]]);
  });
});

describe("other calls", () => {
  test.each([
    ["SubtensorModule", "set_tempo", { netuid: NETUID, tempo: 360 }, "BadOrigin"],
    ["SubtensorModule", "add_stake", { hotkey: ME, netuid: NETUID, amount_staked: 1 }, "CallFiltered"],
    ["System", "remark", { remark: Uint8Array.of(1) }, "ok"],
  ])("%s.%s ends as it should", (pallet, call, args, expected) => {
    const outcome = dispatch({ state: freshState(), block: BLOCK, signer: ME, call: { pallet, call, args } });
    expect(outcome.failure?.error ?? "ok").toBe(expected);
  });

  test("the pool's guard lets an unregistered hotkey with stake through, and rates no sealed commit", () => {
    const state = freshState();
    touch(state, BLOCK - 1);
    giveStake(state, stranger.publicKey);
    const weights = { pallet: "SubtensorModule", call: "set_mechanism_weights", args: GOOD };
    const guard = (signer: Uint8Array): string | undefined =>
      guardError({ state, call: weights, signer, block: BLOCK });
    expect(guard(ME)).toBe("SettingWeightsTooFast");
    expect(guard(stranger.publicKey)).toBeUndefined();
    expect(guard(edwards.publicKey)).toBeUndefined();
    state.put(items.COMMIT_REVEAL, true, NETUID);
    expect(guard(ME)).toBeUndefined();
  });
});
