import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OnceShape } from "../../src/cli/machine-types.ts";
import { recordsOf } from "./bundles.ts";
import { catalogueThatSays } from "./intermediaries.ts";
import { answer, LocalnetProcess, quickNet, requests, touchstone } from "./processes.ts";
import { chutes, FEW } from "./variants.ts";

/** Issue "What must be shown" 8: what miners, catalogue and judge say is data, and whatever it is the cycle goes on. */

/** Enough miners for one with a garbled commitment. */
describe("what miners put on chain", () => {
  let many: LocalnetProcess;
  beforeAll(async () => {
    many = await LocalnetProcess.start("--miners", "12", "--tempo", "2400", "--block-ms", "50");
  }, 90_000);
  afterAll(() => many[Symbol.asyncDispose]());

  test("a commitment of garbage costs its miner the cycle, with the reason, and nobody else", async () => {
    const document = answer<OnceShape>(await many.run("dry-run", many.variant("garbled", FEW)));
    const garbled = (await many.truth()).find(({ kind }) => kind === "garbled");
    const { miners, bundle } = document;
    expect(miners.find(({ uid }) => uid === garbled?.uid)).toMatchObject({
      reason: "commitment-unreadable",
      score: null,
      answered: 0,
      missed: 0,
    });
    expect(recordsOf(bundle).roster.entries.filter(({ eligible }) => eligible).length).toBeGreaterThanOrEqual(8);
    expect((await touchstone(["replay", bundle])).code).toBe(0);
  }, 90_000);

  const HOSTILE: readonly (readonly [what: string, change: Readonly<Record<string, unknown>>, reason: string])[] = [
    ["a slug that names another host", { slug: "evil.example" }, "slug-refused"],
    ["a slug with a path", { slug: "x/../../users/me" }, "slug-refused"],
    ["a slug with a port and credentials", { slug: "a:b@127.0.0.1:22" }, "slug-refused"],
    ["an endless slug", { slug: "a".repeat(300) }, "slug-refused"],
    ["no chat cord but one that climbs", { cords: [cord("/../../users/me")] }, "cord-missing"],
    ["no cords at all", { cords: [] }, "cord-missing"],
    ["cords that are no list", { cords: "all of them" }, "cord-missing"],
    ["a chute of another id", { chute_id: "00000000-0000-4000-8000-000000000000" }, "chute-unchecked"],
  ];
  test("hostile slugs and cords are refused one by one, and never called", async () => {
    const eligible = (await many.truth())
      .filter(({ kind }) => ["honest", "slow", "failing"].includes(kind))
      .slice(0, HOSTILE.length);
    const hostile = new Map(eligible.map(({ chuteId }, index) => [chuteId, HOSTILE[index]?.[1]]));
    await using lying = await catalogueThatSays(many.ready.chutes, (chute) => ({
      ...chute,
      ...hostile.get(String(chute["chute_id"])),
    }));
    const before = await many.ledger();
    const document = answer<OnceShape>(
      await many.run("dry-run", many.variant("hostile", { ...FEW, chutes: chutes(many, { api: lying.url }) })),
    );
    const after = await many.ledger();
    for (const [index, { uid }] of eligible.entries()) {
      const [what, , reason] = HOSTILE[index] ?? [];
      expect([what, document.miners.find((miner) => miner.uid === uid)?.reason]).toEqual([what, reason]);
      expect(requests(after, "invoke", undefined, uid)).toBe(requests(before, "invoke", undefined, uid));
    }
    expect((await touchstone(["replay", document.bundle])).code).toBe(0);
  }, 90_000);
});

describe("a judge", () => {
  let net: LocalnetProcess;
  beforeAll(async () => {
    net = await quickNet();
  }, 90_000);
  afterAll(() => net[Symbol.asyncDispose]());

  test.for([
    ["that answers rubbish", [{ target: "chutes", match: "judge", kind: "truncate" }]],
    ["that fails in the middle of its answers", [{ target: "chutes", match: "judge", kind: "error" }]],
    ["that is not there", [{ target: "chutes", match: "judge", kind: "status", value: 503 }]],
  ] as const)(
    "%s leaves scores missing, never numbers, and blames no miner",
    { timeout: 90_000 },
    async ([what, faults]) => {
      await net.faults(faults);
      const config = net.variant(`judge-${what.replaceAll(" ", "-")}`, {
        tasks: { verifiable: 4, judged: 1 },
        limits: { attempts: 1 },
      });
      const document = answer<OnceShape>(await net.run("dry-run", config));
      await net.faults([]);
      expectUnjudged(document);
    },
  );

  test("whose model does not exist leaves scores missing, and the operator is told", async () => {
    const config = net.variant("judge-unknown", {
      tasks: { verifiable: 4, judged: 1 },
      judge: { model: "nobody/No-Such-Model" },
    });
    const document = answer<OnceShape>(await net.run("dry-run", config));
    expectUnjudged(document);
    const [missing] = recordsOf(document.bundle).judgements.filter(({ score }) => score === null);
    expect(missing?.fault).toMatchObject({ blame: "validator" });
    expect(missing?.fault?.remedy).toContain("model");
  }, 90_000);
});

function expectUnjudged({ bundle, miners }: OnceShape): void {
  const { judgements, sheet } = recordsOf(bundle);
  const asked = judgements.filter(({ judge }) => judge.kind === "model");
  expect(asked.length).toBeGreaterThan(0);
  for (const { fault, score } of asked) {
    expect(score).toBeNull();
    expect(["judge", "validator"]).toContain(fault?.blame);
  }
  expect(sheet.after.miners.every(({ judged }) => judged.count === 0)).toBe(true);
  // The validator itself is among them in a dry run; it has committed nothing.
  expect(miners.filter(({ reason }) => reason !== "no-commitment").map(({ score }) => typeof score)).toEqual(
    Array.from({ length: 4 }, () => "number"),
  );
}

function cord(path: string): Readonly<Record<string, unknown>> {
  return { public_api_path: path, public_api_method: "POST", stream: true, path, function: "chat" };
}
