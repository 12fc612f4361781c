import { describe, expect, test } from "vitest";
import { openCommit } from "../../src/core/audit/open-commit.ts";
import { replayChain } from "../../src/core/audit/replay-chain.ts";
import { fromHex, sha256 } from "../../src/core/determinism/digest.ts";
import { localRuntime } from "../../src/localnet/metadata/registry.ts";
import { type SimNode, startNode } from "../../src/localnet/node/node.ts";
import { Bench, recordOf, recordsOf, replayFile, SIGNER } from "../support/cycle-bench.ts";
import { LiveService } from "../support/live-service.ts";
import { chuteOf, NETUID } from "../support/scripted-world.ts";

/**
 * What a service says of its former commits while the subnet's owner works: the loop of `run` over a real connection to the simulated node,
 * in epochs of 60 blocks that begin with multiples of 60.
 */
const TEMPO = 60;
const MINERS = 6;
const TAO = 1_000_000_000n;
const runtime = localRuntime({ blockMs: 250 });

function nodeOf(mode: "Null" | "Yuma"): Promise<SimNode> {
  const miners = Array.from({ length: MINERS }, (_, at) => {
    const text = JSON.stringify({ chute_id: chuteOf(at + 1), model: `model-${at + 1}` });
    return { publicKey: sha256("settled miner", String(at)), commitment: new TextEncoder().encode(text) };
  });
  return startNode({
    seed: 1,
    runtime,
    netuid: NETUID,
    tempo: TEMPO,
    commitReveal: true,
    mode,
    validator: { publicKey: fromHex(SIGNER.publicKey), stakeRao: 50_000n * TAO },
    miners,
    otherValidators: [{ publicKey: sha256("settled validator"), stakeRao: 2_000n * TAO }],
    blockMs: 250,
    finalityLag: 3,
    virtual: true,
    port: 0,
  });
}

interface Seen {
  /** Each cycle: how its weights went out, and what it settled. */
  readonly cycles: readonly (readonly [string, string | null])[];
  readonly alarms: readonly unknown[];
}

/** Runs so many cycles; `owner` is called after each block. */
async function cyclesOf(
  mode: "Null" | "Yuma",
  cycles: number,
  owner: (node: SimNode, service: LiveService) => void,
): Promise<Seen> {
  await using node = await nodeOf(mode);
  using bench = new Bench();
  const service = new LiveService({ node, block: (self) => owner(node, self) });
  await service.run(bench, ({ sealed }) => sealed.length === cycles);
  const verdicts = await Promise.all(service.sealed.map(({ bundle }) => replayFile(bundle)));
  expect(verdicts.map(({ result }) => result)).toEqual(verdicts.map(() => "verified"));
  expect(
    replayChain(
      verdicts.map(({ link }) => link),
      openCommit,
    ),
  ).toBe("verified");
  const first = recordOf(service.sealed[0]?.records ?? [], "header").epoch;
  return {
    cycles: service.sealed.map(({ records }) => {
      const [settlement] = recordsOf(records, "settlement");
      const said = settlement === undefined ? null : `${settlement.epoch - first} ${settlement.state}`;
      return [recordOf(records, "submission").submission, said];
    }),
    alarms: service.named("weights-not-revealed").map(({ facts }) => facts),
  };
}

/** Once, when the condition first holds. */
function once(
  when: (node: SimNode, service: LiveService) => boolean,
  action: (node: SimNode, service: LiveService) => void,
): (node: SimNode, service: LiveService) => void {
  let done = false;
  return (node, service) => {
    if (done || !when(node, service)) return;
    done = true;
    action(node, service);
  };
}

describe("no false alarm about a commit that was opened", () => {
  test("when the owner switches commit-reveal off behind it, and direct weights take its row's place", async () => {
    const off = once(
      (node, { sealed }) => sealed.length === 1 && node.height() % TEMPO === 8,
      (node) => node.owner({ set: "commit-reveal", value: false }),
    );
    expect(await cyclesOf("Yuma", 3, off)).toEqual({
      cycles: [
        ["timelocked", null],
        ["direct", "0 revealed"],
        ["direct", "1 standing"],
      ],
      alarms: [],
    });
  }, 60_000);

  test("when the owner prunes a Null subnet after the next one went out", async () => {
    const prune = once(
      (_, { events, sealed }) =>
        sealed.length === 1 &&
        events.filter(({ name, facts }) => name === "submission" && facts["state"] === "reflected").length === 2,
      (node) => {
        node.owner({ set: "rate-limit", value: 1 });
        node.owner({ prune: MINERS });
      },
    );
    const { alarms, cycles } = await cyclesOf("Null", 2, prune);
    expect(cycles.map(([, settled]) => settled)).toEqual([null, "0 revealed"]);
    expect(alarms).toEqual([]);
  }, 60_000);

  test("when the own seat is given away in the middle of the epoch", async () => {
    const replace = once(
      (node, { sealed }) => sealed.length === 1 && node.height() % TEMPO === 20,
      (node) => node.owner({ replace: 0 }),
    );
    const { alarms, cycles } = await cyclesOf("Yuma", 2, replace);
    expect(cycles.map(([, settled]) => settled)).toEqual([null, "0 revealed"]);
    expect(alarms).toEqual([]);
  }, 60_000);
});

test("the last commits before a pause are settled, each once, where reveals come two epochs later", async () => {
  const slow = once(
    () => true,
    (node) => node.owner({ set: "reveal-period", value: 2 }),
  );
  const { alarms, cycles } = await cyclesOf("Yuma", 6, (node, service) => {
    slow(node, service);
    service.pause = service.sealed.length >= 3 ? { since: null, reason: null } : null;
  });
  expect(cycles).toEqual([
    ["timelocked", null],
    ["timelocked", null],
    ["timelocked", "0 revealed"],
    ["withheld", "1 revealed"],
    ["withheld", "2 revealed"],
    ["withheld", null],
  ]);
  expect(alarms).toEqual([]);
}, 90_000);
