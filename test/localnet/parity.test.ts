import { describe, expect, test } from "vitest";
import { type ChainConnection, connectChain } from "../../src/adapters/chain/connection.ts";
import { readConsensus } from "../../src/adapters/chain/consensus-state.ts";
import { preview } from "../../src/core/chain/preview.ts";
import type { ConsensusState, ProposedRow } from "../../src/core/chain/yuma-state.ts";
import { sha256 } from "../../src/core/determinism/digest.ts";
import { isFault } from "../../src/core/model/fault.ts";
import { localRuntime } from "../../src/localnet/metadata/registry.ts";
import type { GenesisOptions } from "../../src/localnet/node/genesis.ts";
import { type SimNode, startNode } from "../../src/localnet/node/node.ts";
import { SILENT } from "../../src/ports/telemetry.ts";
import { RawClient } from "./node/support.ts";

/**
 * What `preview` foretells against what the simulated chain's epoch then stores, u16 by u16 (chain.md §8). Both were written
 * from the same pages by different hands and share no code.
 */
const NETUID = 7;
const TEMPO = 20;
const MINERS = 14;
const VALIDATORS = 5;
const SIGNAL = new AbortController().signal;
const runtime = localRuntime({ blockMs: 250 });

/** Draws that repeat. */
function dice(seed: string): (below: number) => number {
  let drawn = 0;
  return (below) => {
    drawn += 1;
    return new DataView(sha256("parity", seed, String(drawn)).buffer).getUint32(0) % below;
  };
}

interface Rules {
  readonly mode?: "Yuma" | "Null";
  readonly mechanisms?: 1 | 2;
  readonly hyperparameters?: Readonly<Record<string, unknown>>;
  /** Uid of the subnet owner's hotkey: it has no permit in these worlds. */
  readonly ownerUid?: number;
}

interface World extends AsyncDisposable {
  readonly node: SimNode;
  readonly random: (below: number) => number;
  readonly validators: readonly number[];
  read(mechid?: number): Promise<ConsensusState>;
  column(item: string, key: number): Promise<readonly number[]>;
  readonly put: (item: string, keys: readonly unknown[], value: unknown) => void;
}

async function world(seed: string, rules: Rules): Promise<World> {
  const random = dice(seed);
  const keys = Array.from({ length: 1 + MINERS + VALIDATORS }, (_, uid) => sha256("parity key", seed, String(uid)));
  const stake = (): bigint => 1_500_000_000_000n + BigInt(random(1_000_000)) * 7_000_001n;
  const options: Pick<GenesisOptions, "validator" | "miners" | "otherValidators"> = {
    validator: { publicKey: keys[0] ?? new Uint8Array(32), stakeRao: stake() },
    miners: keys.slice(1, 1 + MINERS).map((publicKey) => ({ publicKey })),
    otherValidators: keys.slice(1 + MINERS).map((publicKey) => ({ publicKey, stakeRao: stake() })),
  };
  const node = await startNode({
    seed: 1,
    runtime,
    netuid: NETUID,
    tempo: TEMPO,
    commitReveal: false,
    blockMs: 250,
    finalityLag: 1,
    virtual: true,
    port: 0,
    ...(rules.mode && { mode: rules.mode }),
    ...options,
  });
  const put: World["put"] = (item, storageKeys, value) =>
    node.setStorage({ item: `SubtensorModule.${item}`, keys: storageKeys, value });
  for (const [name, value] of Object.entries(rules.hyperparameters ?? {})) node.setHyperparameter(name, value);
  if (rules.ownerUid !== undefined) put("SubnetOwnerHotkey", [NETUID], keys[rules.ownerUid]);
  if (rules.mechanisms === 2) {
    node.owner({ set: "mechanisms", value: 2 });
    await node.advance(1);
    put("MechanismEmissionSplit", [NETUID], [40_001, 25_534]);
  }
  await node.advance(1);
  const raw = await RawClient.open(node);
  const connection = await connected(node);
  return {
    node,
    random,
    validators: [0, ...Array.from({ length: VALIDATORS }, (_, at) => 1 + MINERS + at)],
    put,
    read: (mechid = 0) => consensus(connection, mechid),
    column: async (item, key) => {
      const codec = runtime.storage("SubtensorModule", item);
      const hex = (await raw.result("state_getStorage", [codec.key(key)])) as string | null;
      if (hex === null) return [];
      return codec.decode(Buffer.from(hex.slice(2), "hex")) as readonly number[];
    },
    [Symbol.asyncDispose]: async () => {
      await connection[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
    },
  };
}

async function connected(node: SimNode): Promise<ChainConnection> {
  const connection = await connectChain({
    endpoints: [node.url],
    expectedGenesis: node.genesis,
    signal: SIGNAL,
    telemetry: SILENT,
    requestsPerMinute: 1_000_000,
  });
  if (isFault(connection)) throw new Error(connection.message);
  return connection;
}

async function consensus(connection: ChainConnection, mechid: number): Promise<ConsensusState> {
  const state = await readConsensus(connection, { netuid: NETUID, mechid }, SIGNAL);
  if (isFault(state)) throw new Error(state.message);
  return state;
}

const indexOf = (mechid: number): number => mechid * 4096 + NETUID;

/** A row over some of the miners; now and then on validators, too, on itself and with zeros. */
function drawRow({ random }: World): ProposedRow {
  const uids = Array.from({ length: 1 + MINERS + VALIDATORS }, (_, uid) => uid).filter((uid) =>
    uid >= 1 && uid <= MINERS ? random(3) > 0 : random(6) === 0,
  );
  const kept = uids.length === 0 ? [1] : uids;
  const values = kept.map(() => (random(8) === 0 ? 0 : random(65_536)));
  return { uids: kept, values: values.with(0, 65_535) };
}

/** What the validators of the world do in an epoch: some set rows, some miners are newcomers, one is asleep. */
async function live(here: World, mechanisms: number): Promise<void> {
  const { node, put, random, validators } = here;
  const now = node.height();
  for (let mechid = 0; mechid < mechanisms; mechid += 1) {
    const updates = [...(await here.column("LastUpdate", indexOf(mechid)))];
    for (const uid of validators) {
      if (random(4) === 0) continue;
      const { uids, values } = drawRow(here);
      put(
        "Weights",
        [indexOf(mechid), uid],
        uids.map((to, at) => [to, values[at]]),
      );
      updates[uid] = now - random(4);
    }
    // A column may be shorter than the subnet (chain.md T14).
    put(
      "LastUpdate",
      [indexOf(mechid)],
      Array.from({ length: Math.max(updates.length, 1 + MINERS + VALIDATORS) }, (_, uid) => BigInt(updates[uid] ?? 0)),
    );
  }
  put("BlockAtRegistration", [NETUID, 1 + random(MINERS)], BigInt(now + random(3) - 1));
  await node.advance(2);
}

/** Up to the block before the next epoch, so that nothing can change any more but by what the test does. */
async function toEnd(here: World, before: number): Promise<void> {
  const { epochBlock } = await here.read();
  await here.node.advance(epochBlock - before - here.node.height());
}

async function throughEpoch(here: World): Promise<void> {
  await here.node.advance(5);
}

function near(foretold: readonly number[], stored: readonly number[], what: string): void {
  const far = foretold.flatMap((value, uid) =>
    Math.abs(value - (stored[uid] ?? 0)) > 2 ? [`${what} of uid ${uid}: ${value}, stored ${stored[uid]}`] : [],
  );
  expect(far).toEqual([]);
}

/** Before- and after-values of every uid as if each had asked alone. */
function foretell(
  state: ConsensusState,
  own: { readonly uid: number; readonly row: ProposedRow },
  when: "before" | "after",
) {
  const uids = state.neurons.map(({ uid }) => uid);
  const seen = uids.map((uid) => preview(state, uid, uid === own.uid ? own.row : standing(state, uid)));
  const mine = seen[own.uid];
  const lines = mine?.miners.map(({ incentive }) => incentive[when]) ?? [];
  const trust = seen.map((one) => (one?.kind === "yuma" ? one.trust.before : 0));
  const dividends = seen.map((one) => (one?.kind === "yuma" ? one.dividends.before : 0));
  const ownAfter = mine?.kind === "yuma" ? { trust: mine.trust.after, dividends: mine.dividends.after } : undefined;
  return { incentive: lines, trust, dividends, ownAfter };
}

function standing(state: ConsensusState, uid: number): ProposedRow {
  return state.weights.find((row) => row.uid === uid) ?? { uids: [], values: [] };
}

const SHARES = [40_001, 25_534] as const;

/** Columns that the mechanisms of a subnet share (chain-newest.md §2.4). */
function together(columns: readonly (readonly number[])[]): readonly number[] {
  const [first = []] = columns;
  if (columns.length === 1) return first;
  return first.map((_, uid) =>
    Math.trunc(columns.reduce((sum, column, at) => sum + (column[uid] ?? 0) * (SHARES[at] ?? 0), 0) / 65_535),
  );
}

const WORLDS: readonly (readonly [string, Rules])[] = [
  ["Yuma3", {}],
  ["classic bonds", { hyperparameters: { Yuma3On: false } }],
  ["little clipping, no penalty", { hyperparameters: { Kappa: 13_107, BondsPenalty: 0 } }],
  ["much clipping, half a penalty", { hyperparameters: { Kappa: 42_000, BondsPenalty: 32_768 } }],
  [
    "classic bonds that move fast",
    { hyperparameters: { Yuma3On: false, BondsMovingAverage: 500_000n, BondsPenalty: 20_000 } },
  ],
  ["validators that fall asleep", { hyperparameters: { ActivityCutoffFactorMilli: 1000 } }],
  ["more who might vote than may", { hyperparameters: { MaxAllowedValidators: 3 } }],
  ["an owner without permit that votes", { ownerUid: 15, hyperparameters: { MaxAllowedValidators: 2 } }],
  ["two mechanisms", { mechanisms: 2 }],
  ["two mechanisms, classic bonds", { mechanisms: 2, hyperparameters: { Yuma3On: false } }],
];

describe("a foretold epoch of Yuma is the one that is stored", () => {
  test.each(WORLDS)("%s", async (name, rules) => {
    for (const seed of ["a", "b"]) {
      await using here = await world(`${name} ${seed}`, rules);
      const mechanisms = rules.mechanisms ?? 1;
      let bondsSeen = 0;
      let paid = 0;
      for (let epoch = 0; epoch < 6; epoch += 1) {
        await live(here, mechanisms);
        // In every other epoch one validator sets another row just before the end.
        const own = { uid: here.validators[here.random(here.validators.length)] ?? 0, row: drawRow(here) };
        const when = epoch % 2 === 0 ? "before" : "after";
        await toEnd(here, 5);
        const mechids = Array.from({ length: mechanisms }, (_, mechid) => mechid);
        const states = await Promise.all(mechids.map((mechid) => here.read(mechid)));
        const mayVote = preview(states[0] as ConsensusState, own.uid, own.row);
        const sets = when === "after" && mayVote?.kind === "yuma" && mayVote.refused === null;
        const foretold = states.map((state) => foretell(state, own, sets ? "after" : "before"));
        if (sets) {
          for (const mechid of mechids) {
            const { uids, values } = own.row;
            here.put(
              "Weights",
              [indexOf(mechid), own.uid],
              uids.map((to, at) => [to, values[at]]),
            );
            const updates = await here.column("LastUpdate", indexOf(mechid));
            here.put("LastUpdate", [indexOf(mechid)], updates.with(own.uid, here.node.height() + 1).map(BigInt));
          }
        }
        await throughEpoch(here);
        await here.node.advance(2);
        for (const mechid of mechids) {
          const stored = await here.column("Incentive", indexOf(mechid));
          near(foretold[mechid]?.incentive ?? [], stored, `epoch ${epoch}: incentive`);
          paid += stored.filter((value) => value > 0).length;
        }
        const trust = await here.column("ValidatorTrust", NETUID);
        const dividends = await here.column("Dividends", NETUID);
        if (sets) {
          near(together(foretold.map(({ ownAfter }) => [ownAfter?.trust ?? -9])), [trust[own.uid] ?? -1], "own trust");
          near(
            together(foretold.map(({ ownAfter }) => [ownAfter?.dividends ?? -9])),
            [dividends[own.uid] ?? -1],
            "own dividends",
          );
        } else {
          near(together(foretold.map((one) => one.trust)), trust, `epoch ${epoch}: trust`);
          near(together(foretold.map((one) => one.dividends)), dividends, `epoch ${epoch}: dividends`);
        }
        bondsSeen += states.flatMap(({ bonds }) => bonds ?? []).filter(({ uids }) => uids.length > 0).length;
      }
      // Worlds in which nothing happens show nothing.
      expect(bondsSeen).toBeGreaterThan(4);
      expect(paid).toBeGreaterThan(10);
    }
  });
});

describe("a foretold epoch of Null is the one that is stored", () => {
  test.each<[string, Rules]>([
    ["one mechanism", {}],
    ["two mechanisms", { mechanisms: 2 }],
  ])("%s", async (name, rules) => {
    await using here = await world(name, { ...rules, mode: "Null" });
    const mechids = Array.from({ length: rules.mechanisms ?? 1 }, (_, mechid) => mechid);
    for (let epoch = 0; epoch < 5; epoch += 1) {
      await live(here, mechids.length);
      await toEnd(here, 5);
      const states = await Promise.all(mechids.map((mechid) => here.read(mechid)));
      const elected = states[0]?.neurons.find(({ permit }) => permit)?.uid ?? -1;
      const row = drawRow(here);
      const sets = epoch % 2 === 1;
      const foretold = states.map((state) => foretell(state, { uid: elected, row }, sets ? "after" : "before"));
      if (sets) {
        for (const mechid of mechids) {
          here.put(
            "Weights",
            [indexOf(mechid), elected],
            row.uids.map((to, at) => [to, row.values[at]]),
          );
          const updates = await here.column("LastUpdate", indexOf(mechid));
          here.put("LastUpdate", [indexOf(mechid)], updates.with(elected, here.node.height() + 1).map(BigInt));
        }
      }
      await here.node.advance(7);
      for (const mechid of mechids) {
        near(foretold[mechid]?.incentive ?? [], await here.column("Incentive", indexOf(mechid)), "incentive");
      }
      expect(await here.column("ValidatorTrust", NETUID)).toEqual(states[0]?.neurons.map(() => 0));
    }
  });

  test("before anybody has set a row, all are paid alike", async () => {
    await using here = await world("silent", { mode: "Null" });
    await here.node.advance(TEMPO + 5);
    const state = await here.read();
    const { incentive } = foretell(state, { uid: 0, row: { uids: [], values: [] } }, "before");
    near(incentive, await here.column("Incentive", NETUID), "incentive");
    expect(new Set(incentive)).toEqual(new Set([3276]));
  });
});
