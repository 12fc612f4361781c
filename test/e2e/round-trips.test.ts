import { describe, expect, test } from "vitest";
import { type ChainConnection, connectChain } from "../../src/adapters/chain/connection.ts";
import { chainReader } from "../../src/adapters/chain/reader.ts";
import { weightSubmitter } from "../../src/adapters/chain/submitter.ts";
import { claimOf } from "../../src/core/chain/commitments.ts";
import { isFault } from "../../src/core/model/fault.ts";
import { SILENT } from "../../src/ports/telemetry.ts";
import { minerKey, NETUID, planFor, SIGNAL, type World, world } from "../adapters/chain/world.ts";

const NEURONS = 256;

/** 256 neurons: the validator and miners, each with a commitment. */
function crowd(): Promise<World> {
  const miners = Array.from({ length: NEURONS - 1 }, (_, index) => ({
    publicKey: minerKey(`of many ${index}`),
    commitment: new TextEncoder().encode(
      JSON.stringify({ model: `m/${index}`, chute_id: `398651e1-5f85-5e50-a513-${String(index).padStart(12, "0")}` }),
    ),
  }));
  return world({ miners });
}

describe("what the node counts", () => {
  test("a snapshot of 256 neurons with their commitments takes at most two round trips", async () => {
    await using here = await crowd();
    await using connection = await connected(here);
    const reader = chainReader(connection);
    for (let look = 0; look < 3; look += 1) {
      await here.node.advance(5);
      await connection.heads.ask(SIGNAL);
      here.node.markWaves();
      const request = { netuid: NETUID, mechid: 0, hotkey: here.signer.hotkey, known: [] };
      const seen = await reader.observe(request, SIGNAL);
      if (isFault(seen)) throw new Error(seen.message);
      expect(here.node.waves()).toBeLessThanOrEqual(2);
      expect(here.node.waves()).toBeGreaterThan(0);
      expect(seen.neurons).toHaveLength(NEURONS);
      expect(seen.commitments.filter((one) => claimOf(one)?.kind === "claim")).toHaveLength(NEURONS - 1);
    }
  });

  test("two submissions in consecutive blocks are two extrinsics, each with the account's next nonce", async () => {
    await using here = await world({ commitReveal: false });
    here.node.setHyperparameter("WeightsSetRateLimit", 0);
    await here.node.advance(5);
    await using connection = await connected(here);
    const submitter = weightSubmitter(connection, here.signer);
    const outcomes: Promise<unknown>[] = [];
    const nonces: number[] = [];
    const blocks: number[] = [];
    const send = async (values: readonly number[]): Promise<void> => {
      const sent = Promise.withResolvers<void>();
      const outcome = submitter.submit(
        planFor(await here.observe(connection), values),
        async (step) => {
          if (step.state === "signed") nonces.push(step.nonce ?? -1);
          if (step.state === "broadcast") sent.resolve();
          if (step.state === "finalized") blocks.push(step.block?.number ?? -1);
        },
        SIGNAL,
      );
      await Promise.race([sent.promise, outcome]);
      await here.node.advance(1);
      outcomes.push(outcome);
    };
    // The first is in its block, and that block is not final yet, when the second is signed.
    await send([65_535, 30_000, 1, 0]);
    await send([1, 65_535, 30_000, 2]);
    await here.node.advance(6);
    expect(await Promise.all(outcomes)).toMatchObject([{ state: "reflected" }, { state: "reflected" }]);
    expect(nonces).toEqual([0, 1]);
    expect(blocks[1]).toBe((blocks[0] ?? 0) + 1);
    const { extrinsics } = here.node.ledger();
    expect(extrinsics.map(({ block, result }) => [block, result])).toEqual(blocks.map((block) => [block, "ok"]));
  });
});

async function connected({ node }: World): Promise<ChainConnection> {
  const connection = await connectChain({
    endpoints: [node.url],
    expectedGenesis: node.genesis,
    signal: SIGNAL,
    telemetry: SILENT,
    requestsPerMinute: 100_000_000,
  });
  if (isFault(connection)) throw new Error(connection.message);
  return connection;
}
