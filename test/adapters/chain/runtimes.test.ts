import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChainConnection } from "../../../src/adapters/chain/connection.ts";
import { chainReader } from "../../../src/adapters/chain/reader.ts";
import { readSubnet } from "../../../src/adapters/chain/subnet-state.ts";
import { viewAt } from "../../../src/adapters/chain/view.ts";
import { nextEpochBlock } from "../../../src/core/chain/epoch.ts";
import { fromHex } from "../../../src/core/determinism/digest.ts";
import { type Fault, isFault } from "../../../src/core/model/fault.ts";
import { encodeSs58 } from "../../../src/core/signing/ss58.ts";
import { localRuntime, type RuntimeCodec, runtimeFromMetadata } from "../../../src/localnet/metadata/registry.ts";
import type { EpochSight, Observation } from "../../../src/ports/chain.ts";
import { counted } from "./counted.ts";
import { realMetadata } from "./scripted-node.ts";
import { minerKey, NETUID, SIGNAL, type World, world } from "./world.ts";

const own = localRuntime({ blockMs: 250 });

function real(file: string): RuntimeCodec | null {
  const bytes = realMetadata(file);
  return bytes === null ? null : runtimeFromMetadata(bytes);
}

/** Without runtime calls the metagraph takes two round trips more: hotkeys, then their stakes. */
const RUNTIMES = [
  { name: "our own definition", runtime: own, scheme: "state", mode: "yuma", waves: 2 },
  {
    name: "version 14, no runtime calls",
    runtime: runtimeFromMetadata(own.v14),
    scheme: "state",
    mode: "yuma",
    waves: 4,
  },
  { name: "393", runtime: real("subtensor-393.v15.scale"), scheme: "modulo", mode: "absent", waves: 2 },
  { name: "393 in version 14", runtime: real("subtensor-393.v14.scale"), scheme: "modulo", mode: "absent", waves: 4 },
  { name: "424", runtime: real("subtensor-424.v16.scale"), scheme: "state", mode: "absent", waves: 2 },
  { name: "461", runtime: real("subtensor-461.v15.scale"), scheme: "state", mode: "absent", waves: 2 },
] as const;

const CLAIM = new TextEncoder().encode('{"model":"a/b"}');
const MINERS = ["a", "b", "c"].map((name) => ({ publicKey: minerKey(name), commitment: CLAIM }));
const OTHER = minerKey("other validator");

async function seen<T extends object>(asked: Promise<T | Fault>): Promise<T> {
  const answer = await asked;
  if (isFault(answer)) throw new Error(answer.message);
  return answer;
}

describe.each(RUNTIMES)("a node with the runtime of $name", ({ runtime, scheme, mode, waves }) => {
  if (runtime === null) {
    test.skip("SUBTENSOR_METADATA_DIR is not set", () => undefined);
    return;
  }
  let here: World;
  let connection: ChainConnection;
  let snapshot: Observation;
  let schedule: EpochSight;
  let counts: { readonly snapshot: number; readonly schedule: number };

  beforeAll(async () => {
    const rows = [[1, 65_535] as const, [2, 7] as const];
    const otherValidators = [{ publicKey: OTHER, stakeRao: 5n * 10n ** 13n, weights: rows }];
    here = await world({ runtime, miners: MINERS, otherValidators });
    here.node.setHyperparameter("SubnetOwnerHotkey", OTHER);
    here.node.setHyperparameter("LastUpdate", [40, 0, 0, 0, 50]);
    here.node.setHyperparameter("RevealPeriodEpochs", 3);
    here.node.setHyperparameter("ImmunityPeriod", 77);
    here.node.setHyperparameter("WeightsVersionKey", 2n ** 60n);
    await here.node.advance(6);
    connection = await here.connect();
    await chainReader(connection).finalized(SIGNAL);
    const first = counted(connection);
    const request = { netuid: NETUID, mechid: 0, hotkey: here.signer.hotkey, known: [encodeSs58(minerKey("gone"))] };
    snapshot = await seen(chainReader(first.connection).observe(request, SIGNAL));
    const second = counted(connection);
    schedule = await seen(chainReader(second.connection).schedule(request, SIGNAL));
    counts = { snapshot: first.waves(), schedule: second.waves() };
  });

  afterAll(() => here[Symbol.asyncDispose]());

  test("is seen in so many round trips, and its epoch in one", () => {
    expect(counts).toEqual({ snapshot: waves, schedule: 1 });
  });

  test("shows its neurons", () => {
    expect(snapshot.neurons.map(({ uid, permit, lastUpdate }) => [uid, permit, lastUpdate])).toEqual([
      [0, true, 40],
      [1, false, 0],
      [2, false, 0],
      [3, false, 0],
      [4, true, 50],
    ]);
    expect(snapshot.neurons.map(({ hotkey }) => hotkey)).toEqual(
      [fromHex(here.signer.publicKey), ...MINERS.map(({ publicKey }) => publicKey), OTHER].map(encodeSs58),
    );
    expect(snapshot.neurons.map(({ stakeRao }) => stakeRao)).toEqual([
      "10000000000000",
      "0",
      "0",
      "0",
      "50000000000000",
    ]);
    expect(snapshot.ownerHotkey).toBe(encodeSs58(OTHER));
    expect(snapshot.commitments).toHaveLength(3);
  });

  test("shows its hyperparameters", () => {
    expect(snapshot.hyperparameters).toEqual({
      tempo: 60,
      weightsRateLimit: 30,
      weightsVersionKey: String(2n ** 60n),
      minAllowedWeights: 1,
      maxWeightsLimit: 65_535,
      commitRevealEnabled: false,
      commitRevealPeriod: 3,
      commitRevealVersion: 4,
      stakeThresholdRao: "1000000000000",
      mechanismCount: 1,
      immunityPeriod: 77,
      activityCutoff: scheme === "modulo" ? 5_000 : 833,
    });
  });

  test("shows its epoch, in the snapshot, in the schedule and before a submission", async () => {
    const { number } = snapshot.block;
    expect(snapshot.epochState).toMatchObject({ scheme, mode, pruningTarget: null, pendingEpochAt: 0 });
    expect(snapshot.epochState.lastEpochBlock).toBeLessThanOrEqual(number);
    const said = waves === 2 ? 120 : null;
    expect(snapshot.epochState.nextEpochBlock).toBe(
      scheme === "modulo" ? 61 * (snapshot.epochState.index + 1) - (NETUID + 1) : said,
    );
    expect(snapshot.epochState.index).toBe(scheme === "modulo" ? Math.floor((number + NETUID + 1) / 61) : 1);
    expect(schedule).toEqual({
      block: { hash: snapshot.block.hash, number },
      timeMs: snapshot.block.timeMs,
      epochState: snapshot.epochState,
      tempo: 60,
      commitRevealEnabled: false,
      lastUpdate: 40,
    });
    const subnet = await readSubnet(await viewAt(connection, snapshot.block.hash, SIGNAL), NETUID, 0);
    expect(subnet).toMatchObject({ epochState: snapshot.epochState, ownerHotkey: snapshot.ownerHotkey });
    expect(subnet.hyperparameters).toEqual(snapshot.hyperparameters);
  });

  test("says what the runtime's own list says, where it has one", async () => {
    const view = await viewAt(connection, snapshot.block.hash, SIGNAL);
    if (view.tables.call["subnetInfoRuntimeApi"]?.["getSubnetHyperparamsV2"] === undefined) return;
    const list = await view.call("subnetInfoRuntimeApi", "getSubnetHyperparamsV2", [NETUID]);
    const { hyperparameters } = snapshot;
    expect(list).toMatchObject({
      tempo: hyperparameters.tempo,
      weightsRateLimit: hyperparameters.weightsRateLimit,
      minAllowedWeights: hyperparameters.minAllowedWeights,
      maxWeightsLimit: hyperparameters.maxWeightsLimit,
      commitRevealWeightsEnabled: hyperparameters.commitRevealEnabled,
      commitRevealPeriod: hyperparameters.commitRevealPeriod,
      immunityPeriod: hyperparameters.immunityPeriod,
      activityCutoff: hyperparameters.activityCutoff,
    });
  });

  test("follows the chain into the next epoch", async () => {
    const { index } = snapshot.epochState;
    const next = nextEpochBlock(snapshot.epochState, 60);
    await here.node.advance(next + 5 - here.node.height());
    const { finalized } = await seen(chainReader(connection).finalized(SIGNAL));
    if (finalized < next) await connection.heads.beyond(next - 1, 5_000, SIGNAL);
    const later = await seen(chainReader(connection).schedule({ netuid: NETUID, mechid: 0, hotkey: null }, SIGNAL));
    expect(later.block.number).toBeGreaterThanOrEqual(next);
    expect(later.epochState).toMatchObject({ index: index + 1, lastEpochBlock: next });
    expect(later.lastUpdate).toBeNull();
  });

  test.each([
    [99, 0],
    [NETUID, 1],
  ])("has no subnet %i with mechanism %i, and that is said", async (netuid, mechid) => {
    const missing = { code: "subnet-not-found", exit: "configuration" };
    const request = { netuid, mechid, hotkey: null, known: [] };
    await expect(chainReader(connection).observe(request, SIGNAL)).rejects.toMatchObject(missing);
    await expect(chainReader(connection).schedule(request, SIGNAL)).rejects.toMatchObject(missing);
  });
});
