import { expect, test } from "vitest";
import { chainClock } from "../../../src/adapters/chain/chain-clock.ts";
import { viewAt } from "../../../src/adapters/chain/view.ts";
import { SIGNAL, world } from "./world.ts";

test.each<[string, number]>([
  ["the chain's own pace", 0],
  ["the faster stretch, when the chain stood still for an hour of late", 3_600_000],
])("blocks are measured by the chain's clock: %s", async (_name, stood) => {
  await using here = await world({ tempo: 200 });
  const connection = await here.connect();
  const view = await viewAt(connection, await connection.heads.hash(SIGNAL), SIGNAL);
  const [stored] = await view.storage([{ pallet: "timestamp", item: "now", keys: [] }]);
  const timeMs = Number(stored) + stood;
  const clock = await chainClock(connection, view, timeMs, SIGNAL);
  expect(clock).toEqual({ head: view.number, nowSeconds: timeMs / 1000, blockSeconds: 0.25 });
});

test("a chain of one block cannot be measured", async () => {
  await using here = await world();
  const connection = await here.connect();
  const view = await viewAt(connection, await connection.heads.hash(SIGNAL), SIGNAL);
  await expect(chainClock(connection, { ...view, number: 1 }, 5_000, SIGNAL)).rejects.toThrow(/too young/);
});
