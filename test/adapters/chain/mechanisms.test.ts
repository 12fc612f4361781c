import { expect, test } from "vitest";
import { chainReader } from "../../../src/adapters/chain/reader.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import { localRuntime, runtimeFromMetadata } from "../../../src/localnet/metadata/registry.ts";
import type { Observation } from "../../../src/ports/chain.ts";
import { counted } from "./counted.ts";
import { minerKey, NETUID, SIGNAL, world } from "./world.ts";

const own = localRuntime({ blockMs: 250 });
const INDEX = NETUID + 4_096;
const OTHER = minerKey("other validator");

test.each([
  ["by the runtime call", own],
  ["from storage, on a node without runtime calls", runtimeFromMetadata(own.v14)],
])("two mechanisms are two columns of updates and incentive, and two rows: %s", async (_name, runtime) => {
  const rows = [[1, 65_535] as const];
  await using here = await world({
    runtime,
    otherValidators: [{ publicKey: OTHER, stakeRao: 5n * 10n ** 13n, weights: rows }],
  });
  const set = (item: string, keys: readonly unknown[], value: unknown): void =>
    here.node.setStorage({ item: `SubtensorModule.${item}`, keys, value });
  set("MechanismCountCurrent", [NETUID], 2);
  set("LastUpdate", [NETUID], [11, 0, 0, 0, 0, 12]);
  // Shorter than the number of neurons: what is missing is zero.
  set("LastUpdate", [INDEX], [21, 22]);
  set("Incentive", [NETUID], [0, 7]);
  set("Incentive", [INDEX], [0, 0, 9]);
  set(
    "Weights",
    [INDEX, 5],
    [
      [2, 65_535],
      [3, 5],
    ],
  );
  await here.node.advance(6);
  const reader = chainReader(await here.connect());
  const [first, second] = await Promise.all(
    [0, 1].map(async (mechid): Promise<Observation> => {
      const seen = await reader.observe({ netuid: NETUID, mechid, hotkey: null, known: [] }, SIGNAL);
      if (isFault(seen)) throw new Error(seen.message);
      return seen;
    }),
  );
  expect(first?.neurons.map(({ lastUpdate }) => lastUpdate)).toEqual([11, 0, 0, 0, 0, 12]);
  expect(second?.neurons.map(({ lastUpdate }) => lastUpdate)).toEqual([21, 22, 0, 0, 0, 0]);
  expect(first?.neurons.map(({ incentive }) => incentive)).toEqual([0, 7, 0, 0, 0, 0]);
  expect(second?.neurons.map(({ incentive }) => incentive)).toEqual([0, 0, 9, 0, 0, 0]);
  expect(first).toMatchObject({ netuid: NETUID, mechid: 0, row: { uid: 5, uids: [1], values: [65_535] } });
  expect(second).toMatchObject({ netuid: NETUID, mechid: 1, row: { uid: 5, uids: [2, 3], values: [65_535, 5] } });
  expect(second?.neurons.map(({ hotkey }) => hotkey)).toEqual(first?.neurons.map(({ hotkey }) => hotkey));
  expect(second?.hyperparameters.mechanismCount).toBe(2);
  expect(await reader.schedule({ netuid: NETUID, mechid: 1, hotkey: here.signer.hotkey }, SIGNAL)).toMatchObject({
    lastUpdate: 21,
  });
});

test("2,500 neurons take no more round trips than five, and a pruning under way is seen", async () => {
  const miners = Array.from({ length: 2_499 }, (_, at) => ({ publicKey: minerKey(`many ${at}`) }));
  await using here = await world({ miners });
  here.node.setHyperparameter("NullPruningTarget", 2_000);
  here.node.setHyperparameter("SubnetEpochConsensus", { type: "Null", value: undefined });
  await here.node.advance(6);
  const connection = await here.connect();
  await chainReader(connection).finalized(SIGNAL);
  const watched = counted(connection);
  const seen = await chainReader(watched.connection).observe(
    { netuid: NETUID, mechid: 0, hotkey: here.signer.hotkey, known: [] },
    SIGNAL,
  );
  if (isFault(seen)) throw new Error(seen.message);
  expect(seen.neurons).toHaveLength(2_500);
  expect(seen.epochState).toMatchObject({ mode: "null", pruningTarget: 2_000 });
  expect(watched.waves()).toBe(2);
});
