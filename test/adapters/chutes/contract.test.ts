import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ChutesPlatform, chutesPlatform } from "../../../src/adapters/chutes/platform.ts";
import { toHex } from "../../../src/core/determinism/digest.ts";
import type { SigningDialect } from "../../../src/core/model/config.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import type { Hex } from "../../../src/core/model/ids.ts";
import {
  epistulaIntervalMessage,
  epistulaLegacyMessage,
  epistulaV2Message,
} from "../../../src/core/signing/epistula.ts";
import type { Question } from "../../../src/ports/miners.ts";
import type { SignableMessage, Signer } from "../../../src/ports/signer.ts";
import { SILENT } from "../../../src/ports/telemetry.ts";
import { call, NOW, signHex, startWorld, type World } from "../../localnet/chutes/chutes-client.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { configFor, LIMITS, NEVER, question, spell } from "./platform-fixture.ts";

/** The adapter against the simulated Chutes, which checks credentials and signatures for itself. */
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

function text(message: SignableMessage): string {
  if (message.kind === "epistula-v2") return epistulaV2Message(message);
  if (message.kind === "epistula-v2-interval") return epistulaIntervalMessage(message.interval, message.signedFor);
  if (message.kind === "epistula-legacy-004") return epistulaLegacyMessage(message.timestampNs, message.bodySha256);
  throw new Error("not a message of a request");
}

function signerOf({ validator }: World): Signer {
  return {
    hotkey: validator.hotkey,
    publicKey: toHex(validator.pair.publicKey),
    cryptoType: "sr25519",
    wellKnown: false,
    sign: (message): Hex => `0x${signHex(validator.pair, text(message))}`,
  };
}

let calls = 0;
function platformOf(signing: SigningDialect = "epistula-v2", apiKey: string = world.chutes.apiKey): ChutesPlatform {
  return chutesPlatform({
    config: configFor(world.chutes.url, { signing }),
    limits: LIMITS,
    apiKey,
    signer: signerOf(world),
    netuid: 2,
    clock: new ManualClock({ now: NOW, skipUpTo: 60_000 }),
    entropy: {
      bytes: (length) => {
        calls += 1;
        return new Uint8Array(Buffer.from(String(calls).padStart(length, "0")).subarray(-length));
      },
    },
    telemetry: SILENT,
  });
}

function questionFor(kind: string, stream: boolean, taskId = "t00"): Question {
  const miner = world.population.miners.find((each) => each.kind === kind);
  if (miner === undefined) throw new Error(`no ${kind} miner`);
  const { chuteId, name, slug, version } = miner.chute;
  const target = { chuteId, slug, path: "/v1/chat/completions", stream, model: name, version };
  return { ...question({ taskId }), uid: miner.uid, hotkey: miner.hotkey, target };
}

describe("against the simulated Chutes", () => {
  test.each(["epistula-v2", "legacy-004"] as const)(
    "an honest miner answers, streamed and not, signed by %s",
    async (dialect) => {
      await using platform = platformOf(dialect);
      for (const stream of [true, false]) {
        const outcome = await platform.miners.answer(questionFor("honest", stream, `${dialect}${stream}`), NEVER);
        expect(outcome).toMatchObject({ answered: true, attempts: [{ status: 200, fault: null }] });
        if (outcome.answered) {
          expect(outcome.usage).not.toBeNull();
          expect(outcome.invocationId).not.toBeNull();
          expect(outcome.firstTokenMs === null).toBe(!stream);
        }
      }
      expect(platform.spend.spent()).toMatchObject({ requests: 2, microUsd: 0 });
    },
  );

  test("a chute is found in the catalogue with the cord to ask; one that is not there is the miner's", async () => {
    await using platform = platformOf();
    const { target } = questionFor("honest", true);
    expect(await platform.catalogue.chute(target.chuteId, NEVER)).toMatchObject({
      found: true,
      view: { slug: target.slug, cords: expect.arrayContaining([{ path: target.path, method: "POST", stream: true }]) },
    });
    expect(await platform.catalogue.chute("00000000-0000-5000-8000-000000000000", NEVER)).toMatchObject({
      found: false,
      fault: { code: "chute-not-found", blame: "miner" },
    });
  });

  test("the judge answers at its published price", async () => {
    const list = await call(world.chutes.url, { path: "/v1/models", headers: world.key });
    const [model] = (
      JSON.parse(list.text) as {
        data: { id: string; chute_id: string; price: Record<"input" | "output", { usd: number }> }[];
      }
    ).data;
    if (model === undefined) throw new Error("no model");
    await using platform = platformOf();
    const judge = platform.referenceModel(model.id, model.chute_id);
    const completion = await judge.complete(
      { messages: [{ role: "user", content: "Say a word." }], maxTokens: 50 },
      NEVER,
    );
    if (isFault(completion)) throw new Error(completion.message);
    const { completionTokens, promptTokens } = completion.usage ?? { completionTokens: 0, promptTokens: 0 };
    const dollars = (promptTokens * model.price.input.usd + completionTokens * model.price.output.usd) / 1_000_000;
    expect(platform.spend.spent()).toEqual({
      requests: 2,
      tokens: promptTokens + completionTokens,
      microUsd: Math.ceil(dollars * 1_000_000),
    });
  });

  test("a wrong key is our fault", async () => {
    await using platform = platformOf("epistula-v2", `cpk_${"0".repeat(32)}.${"0".repeat(32)}.${"0".repeat(32)}`);
    const outcome = await platform.miners.answer(questionFor("honest", false), NEVER);
    expect(outcome).toMatchObject({ answered: false, fault: { blame: "validator" } });
  });

  test.each([
    ["drop", undefined, "connection-failed by platform"],
    ["drop", 1, "connection-failed by platform"],
    ["error", undefined, "upstream-failed by platform"],
    ["truncate", undefined, "truncated by platform"],
    ["status", "429-capacity", "capacity by platform"],
    ["status", "429-edge", "edge-refused by validator"],
    ["status", "500-upstream", "upstream-failed by platform"],
    ["status", "503-disabled", "chute-disabled by miner"],
    ["status", "504-edge", "gateway-failed by platform"],
  ])("a fault on demand, %s %s, is never more than it is", async (kind, value, expected) => {
    for (const stream of [true, false]) {
      world.chutes.setFaults([
        { target: "chutes", match: "*", kind, ...(value === undefined ? {} : { value }) } as never,
      ]);
      await using platform = platformOf();
      const outcome = await platform.miners.answer(questionFor("honest", stream), NEVER);
      world.chutes.setFaults([]);
      expect(spell(outcome)).toContain(expected);
    }
  });
});
