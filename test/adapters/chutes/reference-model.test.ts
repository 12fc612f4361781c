import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { isFault } from "../../../src/core/model/fault.ts";
import { API_KEY, type FixtureOptions, NEVER, platformFor } from "./platform-fixture.ts";
import { completionBody, type ScriptedServer, scriptedServer, sendJson } from "./scripted-server.ts";

const CHUTE = "ac059e33-eb27-541c-b9a9-24b214036475";
const MODELS = JSON.stringify({
  object: "list",
  data: [
    { id: "another" },
    {
      id: "org/judge",
      chute_id: CHUTE,
      price: { input: { usd: 1, tao: 1 }, output: { usd: 2, tao: 1 } },
      pricing: null,
    },
  ],
});
const ASKED = {
  messages: [
    { role: "system", content: "Judge." },
    { role: "user", content: "4" },
  ],
  maxTokens: 20,
} as const;

/** A server with a catalogue of models, and the given answers to completions. */
function judgeServer(
  answer: (response: ServerResponse, turn: number) => void,
  models: string = MODELS,
): Promise<ScriptedServer> {
  let asked = 0;
  return scriptedServer((response, { path }) => {
    if (path === "/v1/models") return sendJson(response, models);
    asked += 1;
    answer(response, asked);
  });
}

async function ask(
  server: ScriptedServer,
  options: Partial<FixtureOptions> & { readonly chuteId?: string | null } = {},
) {
  await using platform = platformFor({ url: server.url, ...options });
  const judge = platform.referenceModel("org/judge", options.chuteId ?? null);
  const completion = await judge.complete(ASKED, NEVER);
  return { completion, spent: platform.spend.spent() };
}

describe("the reference model", () => {
  test("is asked at the OpenAI dialect's host, at temperature 0, with our key and without a signature", async () => {
    await using server = await judgeServer((response) => sendJson(response, completionBody("A")));
    const { completion, spent } = await ask(server, { chuteId: CHUTE.toUpperCase() });
    expect(completion).toMatchObject({
      text: "A",
      usage: { promptTokens: 10, completionTokens: 5 },
      attempts: [{ status: 200 }],
    });
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /v1/models",
      "POST /v1/chat/completions",
    ]);
    expect(JSON.parse(server.seen[1]?.body ?? "")).toEqual({
      model: "org/judge",
      messages: ASKED.messages,
      max_tokens: 20,
      temperature: 0,
      seed: 0,
      stream: false,
    });
    expect(server.seen[1]?.headers).toMatchObject({ authorization: `Bearer ${API_KEY}`, host: server.url.slice(7) });
    expect(Object.keys(server.seen[1]?.headers ?? {}).filter((name) => name.includes("epistula"))).toEqual([]);
    // 10 tokens at $1 and 5 at $2 a million are 20 millionths of a dollar.
    expect(spent).toEqual({ requests: 2, tokens: 15, microUsd: 20 });
  });

  test.each([
    [
      "another model answers",
      (r: ServerResponse) => sendJson(r, completionBody("A", { model: "org/other" })),
      "judge-failed judge",
      1,
    ],
    [
      "no model is named",
      (r: ServerResponse) => sendJson(r, completionBody("A", { model: null })),
      "judge-failed judge",
      1,
    ],
    ["no text", (r: ServerResponse) => sendJson(r, completionBody("")), "judge-failed judge", 1],
    ["another form", (r: ServerResponse) => sendJson(r, "{}"), "judge-failed judge", 1],
    [
      "HTML",
      (r: ServerResponse) => void r.writeHead(200, { "content-type": "text/html" }).end("<p>"),
      "gateway-failed judge",
      3,
    ],
    [
      "capacity",
      (r: ServerResponse) => sendJson(r, '{"detail":"Infrastructure is at maximum capacity, try again later"}', 429),
      "capacity judge",
      3,
    ],
    ["a broken connection", (r: ServerResponse) => r.socket?.destroy(), "connection-failed judge", 3],
    ["a redirect", (r: ServerResponse) => void r.writeHead(302, { location: "/x" }).end(), "redirect-refused judge", 1],
    [
      "our credentials",
      (r: ServerResponse) => sendJson(r, '{"detail":"Authentication required."}', 401),
      "credentials-rejected validator",
      1,
    ],
    [
      "our account",
      (r: ServerResponse) => sendJson(r, '{"detail":{"message":"Quota exceeded"}}', 402),
      "account-unfunded validator",
      1,
    ],
  ])("%s", async (...[, answer, expected, sent]) => {
    await using server = await judgeServer(answer);
    const { completion } = await ask(server);
    if (!isFault(completion)) throw new Error("it answered");
    expect(`${completion.code} ${completion.blame}`).toBe(expected);
    expect(completion.evidence?.attempts ?? 1).toBe(sent);
    expect(server.seen).toHaveLength(1 + sent);
  });

  test.each([
    ["a model that is not in the list", '{"data":[]}', null, "model-not-found validator"],
    [
      "a model that now runs in another chute",
      MODELS,
      "42ee92ba-a537-5a73-8741-876067750db7",
      "model-not-found validator",
    ],
    ["a model without a price", '{"data":[{"id":"org/judge"}]}', null, "gateway-failed judge"],
    [
      "a price below zero",
      '{"data":[{"id":"org/judge","pricing":{"prompt":-1,"completion":1}}]}',
      null,
      "gateway-failed judge",
    ],
    ["a list that is none", "{}", null, "gateway-failed judge"],
  ])("is not asked: %s", async (...[, models, chuteId, expected]) => {
    await using server = await judgeServer((response) => sendJson(response, completionBody("A")), models);
    const { completion, spent } = await ask(server, { chuteId });
    if (!isFault(completion)) throw new Error("it answered");
    expect(`${completion.code} ${completion.blame}`).toBe(expected);
    expect(spent).toEqual({ requests: 1, tokens: 0, microUsd: 0 });
  });

  test("its price is asked once for many calls at once", async () => {
    await using server = await judgeServer((response) => sendJson(response, completionBody("A")));
    await using platform = platformFor({ url: server.url });
    const judge = platform.referenceModel("org/judge", null);
    const completions = await Promise.all(Array.from({ length: 20 }, () => judge.complete(ASKED, NEVER)));
    expect(completions.filter(isFault)).toEqual([]);
    expect(server.seen.filter(({ path }) => path === "/v1/models")).toHaveLength(1);
  });

  test("another caller's abort does not take the price away from us", async () => {
    let models = 0;
    await using server = await scriptedServer((response, { path }) => {
      if (path !== "/v1/models") return sendJson(response, completionBody("A"));
      models += 1;
      if (models === 2) sendJson(response, MODELS);
    });
    await using platform = platformFor({ url: server.url });
    const judge = platform.referenceModel("org/judge", null);
    const controller = new AbortController();
    const theirs = judge.complete(ASKED, controller.signal).catch((reason: unknown) => reason);
    const ours = judge.complete(ASKED, NEVER);
    await server.received(1);
    controller.abort("theirs");
    expect(await theirs).toBe("theirs");
    expect(await ours).toMatchObject({ text: "A" });
  });
});

describe("money", () => {
  test("what the worst case could cost above the cap is refused before sending", async () => {
    await using server = await judgeServer((response) => sendJson(response, completionBody("A")));
    const { completion, spent } = await ask(server, { limits: { microUsd: 60 } });
    expect(completion).toMatchObject({ code: "budget-exhausted", blame: "validator" });
    expect(server.seen.map(({ path }) => path)).toEqual(["/v1/models"]);
    expect(spent).toEqual({ requests: 1, tokens: 0, microUsd: 0 });
  });

  test("a cap on requests holds for attempts, too", async () => {
    await using server = await judgeServer((response) => sendJson(response, '{"detail":"x"}', 500));
    const { completion } = await ask(server, { limits: { requests: 2 } });
    expect(completion).toMatchObject({ code: "budget-exhausted", evidence: { detail: "requests" } });
    expect(server.seen).toHaveLength(2);
  });

  test("a refused call costs nothing, one whose end was not seen costs the worst case", async () => {
    await using server = await judgeServer((response, turn) => {
      if (turn === 1) sendJson(response, '{"detail":"x"}', 500);
      else response.socket?.destroy();
    });
    const { spent } = await ask(server, { limits: { attempts: 2 } });
    const body = server.seen[1]?.body ?? "";
    expect(spent).toEqual({ requests: 3, tokens: 0, microUsd: Math.ceil(body.length / 3) + 20 * 2 });
  });

  test("three refusals of the edge in a row end all sending", async () => {
    await using server = await judgeServer(
      (response) => void response.writeHead(429, { "content-type": "text/html" }).end("<html>"),
    );
    await using platform = platformFor({ url: server.url });
    const judge = platform.referenceModel("org/judge", null);
    for (let n = 0; n < 5; n += 1) {
      expect(await judge.complete(ASKED, NEVER)).toMatchObject({ code: "edge-refused", blame: "validator" });
    }
    expect(server.seen).toHaveLength(1 + 3);
  });
});
