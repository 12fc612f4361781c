import { expect, test } from "vitest";
import type { ChainConnection } from "../../../src/adapters/chain/connection.ts";
import { chainReader } from "../../../src/adapters/chain/reader.ts";
import { windowIn } from "../../../src/application/submission-window.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import type { EpochSight } from "../../../src/ports/chain.ts";
import { submit } from "./submitting.ts";
import { NETUID, planFor, SIGNAL, type World, world } from "./world.ts";

/**
 * An owner changes the tempo: the epoch is counted from there, but the counter of blocks without an epoch goes on, and ends
 * it where it passes the new tempo (chain.md §5.1, chain-newest.md §2.3). Epochs begin with multiples of 60.
 */
async function sight(connection: ChainConnection): Promise<EpochSight> {
  const seen = await chainReader(connection).schedule({ netuid: NETUID, mechid: 0, hotkey: null }, SIGNAL);
  if (isFault(seen)) throw new Error(seen.message);
  return seen;
}

async function changed(here: World, at: number, tempo: number): Promise<ChainConnection> {
  const connection = await here.connect();
  await here.node.advance(at - here.node.height());
  here.node.owner({ set: "tempo", value: tempo });
  await here.node.advance(1);
  return connection;
}

test.each([
  ["a shorter one that the counter has not passed ends when it does", 10, 40, 101],
  ["a shorter one that the counter has passed ends with the next block", 50, 40, 112],
  ["a longer one is counted from the change", 10, 90, 151],
])("%s", async (_name, blocks, tempo, fires) => {
  await using here = await world({ finalityLag: 1 });
  const connection = await changed(here, 60 + blocks, tempo);
  // What is finalized is a block or two behind the change.
  const before = here.node.height();
  if (fires > before + 3) {
    await here.node.advance(3);
    const { epochState, tempo: length } = await sight(connection);
    expect(epochState).toMatchObject({ index: 1, nextEpochBlock: fires });
    const window = windowIn(
      { epochState, tempo: length, height: before, commitRevealEnabled: false },
      { epoch: 1, observedAt: 61 },
    );
    expect(window.close).toBeLessThan(fires);
    expect(window.from).toBeLessThan(fires - 8);
  }
  await here.node.advance(fires - here.node.height() - 1);
  await here.node.advance(6);
  expect((await sight(connection)).epochState).toMatchObject({ index: 2, lastEpochBlock: fires });
});

test("a commit made after the change is opened in the epoch that it was made for", async () => {
  await using here = await world({ commitReveal: true });
  const connection = await changed(here, 75, 40);
  await here.node.advance(6);
  const seen = await here.observe(connection);
  const { outcome } = await submit(here, connection, planFor(seen), { blocks: 10 });
  expect(outcome).toMatchObject({ kind: "timelocked", state: "reflected", commit: { epoch: 1, revealBlock: 102 } });
  await here.node.advance(20);
  expect((await here.observe(connection)).row).toMatchObject({ uids: [1, 2, 3, 4], values: [65_535, 30_000, 1, 0] });
});
