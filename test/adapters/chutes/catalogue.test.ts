import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readChuteView, readModelPrice } from "../../../src/adapters/chutes/catalogue-shapes.ts";
import { targetUrl } from "../../../src/adapters/chutes/target-url.ts";
import { canonicalJson } from "../../../src/core/determinism/canonical.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import type { ChuteEvidence } from "../../../src/core/model/roster.ts";
import { API_KEY, configFor, NEVER, platformFor } from "./platform-fixture.ts";
import { type Answer, scriptedServer, sendJson } from "./scripted-server.ts";

const ID = "ac059e33-eb27-541c-b9a9-24b214036475";
const CHUTE = {
  chute_id: ID,
  name: "org/model",
  slug: "alice-org-model",
  version: "v",
  revision: "r",
  standard_template: "vllm",
  hot: true,
  disabled: false,
  tee: true,
  cords: [
    {
      path: "/chat",
      method: "POST",
      public_api_path: "/v1/chat/completions",
      public_api_method: "POST",
      stream: true,
      input_schema: {},
    },
    { path: "/internal", method: "POST", public_api_path: null },
  ],
  readme: "x".repeat(100_000),
};

function spell(evidence: ChuteEvidence): string {
  return evidence.found ? `found ${evidence.view.slug}` : `${evidence.fault.code} by ${evidence.fault.blame}`;
}

describe("one chute of the catalogue", () => {
  test("is read with the key, and only what we need is kept", async () => {
    await using server = await scriptedServer((response) => sendJson(response, JSON.stringify(CHUTE)));
    await using platform = platformFor({ url: server.url });
    expect(await platform.catalogue.chute(ID, NEVER)).toEqual({
      chuteId: ID,
      found: true,
      view: {
        chuteId: ID,
        name: "org/model",
        slug: "alice-org-model",
        version: "v",
        revision: "r",
        template: "vllm",
        hot: true,
        disabled: false,
        tee: true,
        cords: [{ path: "/v1/chat/completions", method: "POST", stream: true }],
      },
    });
    expect(server.seen).toMatchObject([
      { method: "GET", path: `/chutes/${ID}`, headers: { authorization: `Bearer ${API_KEY}` } },
    ]);
  });

  const gone: Answer = (r) => sendJson(r, '{"detail":"Chute not found, or does not belong to you"}', 404);
  const cases: readonly [string, Answer, string, number][] = [
    ["the platform knows none", gone, "chute-not-found by miner", 1],
    [
      "an edge's own 404 page",
      (r) => void r.writeHead(404, { "content-type": "text/html" }).end("Chute not found"),
      "upstream-failed by platform",
      1,
    ],
    ["the platform fails", (r) => sendJson(r, '{"detail":"x"}', 502), "gateway-failed by platform", 3],
    ["a broken connection", (r) => r.socket?.destroy(), "connection-failed by platform", 3],
    ["another chute", (r) => sendJson(r, JSON.stringify({ ...CHUTE, chute_id: "x" })), "gateway-failed by platform", 1],
    ["no slug", (r) => sendJson(r, JSON.stringify({ chute_id: ID, name: "x" })), "gateway-failed by platform", 1],
    ["no JSON", (r) => sendJson(r, "{"), "answer-malformed by platform", 1],
    ["HTML", (r) => void r.writeHead(200, { "content-type": "text/html" }).end("<p>"), "gateway-failed by platform", 3],
    [
      "a giant document",
      (r) => sendJson(r, `{"readme":"${"x".repeat(5_000_000)}"}`),
      "answer-too-large by platform",
      1,
    ],
    [
      "a redirect",
      (r) => void r.writeHead(301, { location: "https://evil.example" }).end(),
      "redirect-refused by platform",
      1,
    ],
  ];

  test.each(cases)("%s", async (...[, answer, expected, sent]) => {
    await using server = await scriptedServer(answer);
    await using platform = platformFor({ url: server.url });
    expect(spell(await platform.catalogue.chute(ID, NEVER))).toBe(expected);
    expect(server.seen).toHaveLength(sent);
  });

  test.each(["", "x", "../users/me", `${ID}/../x`, `${ID}\n`, `${ID}0`])(
    "an id that is none is not asked for: %j",
    async (id) => {
      await using server = await scriptedServer(gone);
      await using platform = platformFor({ url: server.url });
      expect(spell(await platform.catalogue.chute(id, NEVER))).toBe("chute-not-found by miner");
      expect(server.seen).toEqual([]);
    },
  );

  test("a scoped key is refused here, so public chutes are read without it, and a private one is nobody's fault but ours", async () => {
    const isPrivate = "42ee92ba-a537-5a73-8741-876067750db7";
    await using server = await scriptedServer((response, seen, turn) => {
      if (seen.headers.authorization !== undefined) sendJson(response, '{"detail":"Authentication required."}', 401);
      else if (seen.path.endsWith(ID)) sendJson(response, JSON.stringify(CHUTE));
      else gone(response, seen, turn);
    });
    await using platform = platformFor({ url: server.url });
    expect(spell(await platform.catalogue.chute(ID, NEVER))).toBe("found alice-org-model");
    expect(spell(await platform.catalogue.chute(isPrivate, NEVER))).toBe("credentials-rejected by validator");
    expect(server.seen.map(({ headers }) => headers.authorization !== undefined)).toEqual([true, false, false]);
  });
});

describe("strangers' documents", () => {
  test("a text that is cut is still refused where it was too long before", () => {
    const view = readChuteView(
      {
        ...CHUTE,
        slug: "a".repeat(1_000_000),
        cords: [{ public_api_path: `/${"a".repeat(1_000)}`, public_api_method: "POST" }],
      },
      ID,
    );
    expect(view?.slug).toHaveLength(256);
    const path = view?.cords[0]?.path ?? "";
    expect(isFault(targetUrl({ slug: view?.slug ?? "", path: "/run" }, configFor("x", { invoke: null })))).toBe(true);
    expect(isFault(targetUrl({ slug: "a", path }, configFor("x", { invoke: null })))).toBe(true);
  });

  test("fields of another type count as not given; a cord without public path is left out", () => {
    const view = readChuteView(
      {
        ...CHUTE,
        hot: "yes",
        version: 4,
        tee: null,
        cords: [1, null, {}, { public_api_path: "/a", public_api_method: "GET" }],
      },
      ID,
    );
    expect(view).toMatchObject({
      hot: false,
      version: null,
      tee: false,
      cords: [{ path: "/a", method: "GET", stream: false }],
    });
    expect(readChuteView({ ...CHUTE, cords: null }, ID)?.cords).toEqual([]);
    expect(
      readChuteView({ ...CHUTE, cords: Array.from({ length: 1_000 }, () => CHUTE.cords[0]) }, ID)?.cords,
    ).toHaveLength(64);
  });

  test("whatever they are, nothing throws and what is read can be written canonically", () => {
    const field = fc.oneof(
      fc.jsonValue(),
      fc.string({ unit: "binary" }),
      fc.constantFrom(ID, true, [{ public_api_path: "\ud800", public_api_method: "x" }]),
    );
    const document = fc.oneof(
      fc.jsonValue(),
      fc.record({
        chute_id: fc.constant(ID),
        name: fc.string({ unit: "binary" }),
        slug: fc.string({ unit: "binary" }),
        version: field,
        hot: field,
        cords: field,
      }),
      fc.record({ data: fc.array(fc.record({ id: fc.constantFrom("m", 1), price: field, pricing: field })) }),
    );
    fc.assert(
      fc.property(document, (value) => {
        const text = JSON.parse(JSON.stringify(value)) as unknown;
        canonicalJson(readChuteView(text, ID));
        canonicalJson(readModelPrice(text, "m", null));
      }),
      { numRuns: 1_000 },
    );
  });

  const fixtures = process.env["TOUCHSTONE_FIXTURES_DIR"];
  test.skipIf(fixtures === undefined)(
    "prices of the recorded list (skipped unless TOUCHSTONE_FIXTURES_DIR names the recordings)",
    () => {
      const list: unknown = JSON.parse(readFileSync(`${fixtures}/chutes/models-2026-08-22.json`, "utf8"));
      expect(readModelPrice(list, "Qwen/Qwen3-32B-TEE", ID)).toEqual({ prompt: 104_000, completion: 416_000 });
      expect(readModelPrice(list, "Qwen/Qwen3-32B-TEE", "42ee92ba-a537-5a73-8741-876067750db7")).toBe("absent");
    },
  );
});
