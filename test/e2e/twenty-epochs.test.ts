import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SealedResult } from "../../src/application/seal-cycle.ts";
import type { ReplayShape } from "../../src/cli/machine-types.ts";
import { type RuntimeCodec, runtimeFromMetadata } from "../../src/localnet/metadata/registry.ts";
import { recordOf, recordsOf } from "../support/cycle-bench.ts";
import { NETUID } from "../support/scripted-world.ts";
import { answer, touchstone } from "./processes.ts";
import { VirtualRun } from "./virtual-run.ts";

const directory = process.env["SUBTENSOR_METADATA_DIR"];

const fileOf = (name: string): string => join(directory ?? "", `subtensor-${name}.scale`);
const NAMES = ["393.v15", "424.v16", "461.v15"] as const;
type Name = (typeof NAMES)[number];
const missing = NAMES.filter((name) => directory === undefined || !existsSync(fileOf(name)));
if (missing.length > 0) {
  process.stderr.write(`skipped in part: SUBTENSOR_METADATA_DIR has no real metadata ${missing.join(", ")}\n`);
}

const realRuntime = (name: Name): RuntimeCodec => runtimeFromMetadata(readFileSync(fileOf(name)));

type Row = readonly (readonly [number, number])[];

const rowOf = ({ records }: SealedResult): Row => {
  const { uids, values } = recordOf(records, "weight-vector");
  return uids.map((uid, index) => [uid, values[index] ?? -1]);
};

/** Runs that many whole epochs; `rows` are the validator's row on chain at each seal, read by the library as it comes. */
async function epochs(run: VirtualRun, count: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  await run.withLibrary(async (api) => {
    run.onSealed = async () => {
      rows.push((await api.query["subtensorModule"]!["weights"]!(NETUID, 0)).toJSON() as unknown as Row);
    };
    await run.until(({ sealed }) => sealed.length > count);
    await run.until(() => rows.length === run.sealed.length);
  });
  return rows;
}

function epochOf(one: SealedResult | undefined): number {
  return recordOf(one?.records ?? [], "header").epoch;
}

async function replayed(run: VirtualRun): Promise<void> {
  const files = run.sealed.map(({ bundle }) => bundle);
  const { bundles, chain } = answer<ReplayShape>(await touchstone(["replay", ...files, "--json"]));
  expect(bundles.map(({ result, signature }) => [result, signature])).toEqual(
    files.map(() => ["verified", "verified"]),
  );
  expect(chain).toBe("verified");
}

/** Every epoch has its commit and every commit its reveal, by what the node recorded and what the bundles say. */
async function showSealed(run: VirtualRun, count: number): Promise<void> {
  const rows = await epochs(run, count);
  const { sealed } = run;
  expect(sealed.map((one) => epochOf(one) - epochOf(sealed[0]))).toEqual(sealed.map((_, i) => i));
  const commits = sealed.map(({ records }) => recordOf(records, "submission"));
  for (const [index, commit] of commits.entries()) {
    expect(commit).toMatchObject({ submission: "timelocked", state: "reflected", fault: null });
    expect(commit.commit?.epoch).toBe(epochOf(sealed[index]));
  }
  expect(run.node.ledger().extrinsics).toMatchObject(
    commits.map(({ block, commit, extrinsic }) => ({
      call: "SubtensorModule.commit_timelocked_mechanism_weights",
      result: "ok",
      hash: extrinsic,
      block: block?.number,
      args: { commit: commit?.bytes, reveal_round: String(commit?.round) },
    })),
  );
  for (const [index, one] of sealed.entries()) {
    const former = sealed[index - 1];
    const [settlement] = recordsOf(one.records, "settlement");
    if (former === undefined) expect(settlement).toBeUndefined();
    else {
      const { uids, values } = recordOf(former.records, "weight-vector");
      expect(settlement).toMatchObject({
        epoch: epochOf(former),
        state: "revealed",
        reveal: { cause: null, row: { uids, values } },
      });
      expect(rows[index]).toEqual(rowOf(former));
    }
  }
  // A row that never changes would show nothing.
  expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBeGreaterThan(3);
  await replayed(run);
}

describe("epoch after epoch, sealed", () => {
  test("20 epochs: one commit each, every one opened into the row of its bundle, all replayed as one chain", async () => {
    await using run = await VirtualRun.start();
    await showSealed(run, 20);
  }, 120_000);

  test.skipIf(missing.length > 0).each(NAMES)(
    "the same on the metadata of %s",
    async (name) => {
      await using run = await VirtualRun.start({ runtime: realRuntime(name) });
      await showSealed(run, 20);
      const schemes = run.sealed.map(({ records }) => recordOf(records, "snapshot").epochState.scheme);
      expect(new Set(schemes)).toEqual(new Set([name === "393.v15" ? "modulo" : "state"]));
    },
    120_000,
  );
});

describe.skipIf(missing.length > 0)("epoch after epoch, in the open", () => {
  test("on the metadata of 393, whose epochs are counted in blocks: one row in each, standing in the next bundle", async () => {
    await using run = await VirtualRun.start({ runtime: realRuntime("393.v15"), commitReveal: false });
    const rows = await epochs(run, 6);
    const { sealed } = run;
    expect(sealed.map((one) => epochOf(one) - epochOf(sealed[0]))).toEqual(sealed.map((_, i) => i));
    expect(rows).toEqual(sealed.map(rowOf));
    const states = sealed.slice(1).map(({ records }) => recordOf(records, "settlement").state);
    expect(states).toEqual(states.map(() => "standing"));
    const calls = run.node.ledger().extrinsics.map(({ call, result }) => [call, result]);
    expect(calls).toEqual(sealed.map(() => ["SubtensorModule.set_mechanism_weights", "ok"]));
    await replayed(run);
  }, 120_000);
});
