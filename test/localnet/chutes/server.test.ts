import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { slugOf } from "../../../src/localnet/chutes/chute.ts";
import { uuid5 } from "../../../src/localnet/chutes/uuid5.ts";
import { call, chat, type Heard, startWorld, type World } from "./chutes-client.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const PATH = "/v1/chat/completions";
const json = (heard: Heard) => JSON.parse(heard.text);
type Item = { readonly cords: unknown; readonly cord_ref_id: string; readonly public: boolean };
const minerOf = (kind: string) => world.population.miners.find((miner) => miner.kind === kind)!;
const invoke = (slug: string, body: string, headers: Readonly<Record<string, string>> = world.key) =>
  call(world.chutes.url, { path: PATH, method: "POST", host: `${slug}.chutes.ai`, headers, body });

describe("the catalogue has the platform's shapes", () => {
  test("a chute by id, with cords, price and instances", async () => {
    const { chute } = minerOf("honest");
    const view = json(await call(world.chutes.url, { path: `/chutes/${chute.chuteId}`, headers: world.key }));
    expect(view).toMatchObject({
      chute_id: uuid5(`${chute.username}::chute::${chute.name}`),
      name: chute.name,
      slug: chute.slug,
      public: false,
      standard_template: "vllm",
      hot: true,
      tee: true,
      disabled: false,
      user: { username: chute.username },
      cords: [
        { public_api_path: PATH, public_api_method: "POST", stream: true },
        { public_api_path: PATH, public_api_method: "POST", stream: false },
      ],
    });
    expect(view.revision).toMatch(/^[0-9a-f]{40}$/);
    expect(view.instances).toHaveLength(1);
    const code = await call(world.chutes.url, { path: `/chutes/code/${chute.chuteId}`, headers: world.key });
    expect(uuid5(`${view.image.image_id}:${view.image.patch_version}:${code.text}`)).toBe(view.version);
  });

  test("a name finds the same chute, whatever its case", async () => {
    const { chute } = minerOf("honest");
    const path = `/chutes/${chute.name.toUpperCase()}`;
    expect(json(await call(world.chutes.url, { path, headers: world.key })).chute_id).toBe(chute.chuteId);
  });

  test("a cold chute has no instance and gets hot by warm-up calls", async () => {
    await using other = await startWorld(2);
    const { chute } = other.population.miners.find((miner) => miner.kind === "cold")!;
    const ask = async (path: string) => json(await call(other.chutes.url, { path, headers: other.key }));
    expect(await ask(`/chutes/${chute.chuteId}`)).toMatchObject({ hot: false, instances: [] });
    const body = chat("hello");
    const host = `${chute.slug}.chutes.ai`;
    const cold = await call(other.chutes.url, { path: PATH, method: "POST", host, headers: other.key, body });
    expect(cold.status).toBe(503);
    expect(json(cold).detail).toBe(`No instances available (yet) for chute_id=${chute.chuteId}`);
    const warm = `/chutes/warmup/${chute.chuteId}?quick=true`;
    const statuses = [await ask(warm), await ask(warm), await ask(warm)].map((answer) => answer.status);
    expect(statuses).toEqual(["cold", "cold", "hot"]);
    const hot = await call(other.chutes.url, { path: PATH, method: "POST", host, headers: other.key, body });
    expect(hot.status).toBe(200);
  });

  test("the list joins cords by reference and shows one's own chutes only unless asked", async () => {
    const list = async (query: string, headers = world.key) =>
      json(await call(world.chutes.url, { path: `/chutes/?${query}`, headers }));
    const all = await list("include_public=true&limit=100");
    expect(all.total).toBe(all.items.length);
    expect(all.items.every((item: Item) => item.cords === null && item.cord_ref_id in all.cord_refs)).toBe(true);
    expect((await list("")).items).toEqual([]);
    expect((await list("limit=100", {} as never)).items.every((item: Item) => item.public)).toBe(true);
    const both = await call(world.chutes.url, { path: "/chutes/?page=1&offset=2", headers: world.key });
    expect(both.status).toBe(400);
  });

  test("two models at least are listed with prices, features and chute ids", async () => {
    const { object, data } = json(await call(world.chutes.url, { path: "/v1/models" }));
    expect(object).toBe("list");
    expect(data.length).toBeGreaterThanOrEqual(2);
    for (const model of data) {
      expect(model.chute_id).toBe(uuid5(`chutes::chute::${model.id}`));
      expect(model.price.input.usd).toBe(model.pricing.prompt);
      expect(model).toMatchObject({
        object: "model",
        confidential_compute: true,
        supported_features: expect.any(Array),
      });
    }
  });

  test("slugs follow the rule that published chutes follow", () => {
    const { liveChutes } = JSON.parse(readFileSync("test/vectors/chutes-ids.json", "utf8"));
    expect(liveChutes.length).toBe(33);
    for (const row of liveChutes) {
      expect(slugOf(row.owner, row.name)).toBe(row.slug);
      expect(uuid5(`${row.owner}::chute::${row.name}`)).toBe(row.chuteId);
    }
  });

  test("account, quotas, pricing and ping answer", async () => {
    const get = async (path: string) => json(await call(world.chutes.url, { path, headers: world.key }));
    expect(await get("/users/me")).toMatchObject({ hotkey: world.validator.hotkey, balance: 1000, permissions: [] });
    expect(await get("/users/me/quotas")).toEqual([expect.objectContaining({ chute_id: "*", quota: 0 })]);
    expect(await get("/pricing")).toMatchObject({ tao_usd: expect.any(Number) });
    expect(await get("/ping")).toEqual({ message: "pong" });
  });
});

describe("credentials are judged as the platform does", () => {
  test("the key has the real form", () => {
    expect(world.chutes.apiKey).toMatch(/^cpk_[a-f0-9]{32}\.[a-f0-9]{32}\.[a-zA-Z0-9]{32}$/);
  });

  test.each([
    ["no key on a slug host", {}, 429, false],
    ["a key in the wrong header on a slug host", { "x-api-key": "cpk_x" }, 429, false],
    ["a wrong key on a slug host", { authorization: "Bearer cpk_wrong" }, 401, true],
  ])("%s", async (_name, headers, status, isJson) => {
    const heard = await invoke(minerOf("honest").chute.slug, chat("hello"), headers as never);
    expect(heard.status).toBe(status);
    expect(heard.headers["content-type"]?.includes("json")).toBe(isJson);
    expect(heard.headers["x-chutes-invocationid"]).toBeUndefined();
  });

  test("Basic and a bare key pass as well, for the last word counts", async () => {
    const { slug } = minerOf("honest").chute;
    for (const authorization of [world.chutes.apiKey, `Basic ${world.chutes.apiKey}`]) {
      expect((await invoke(slug, chat("hello"), { authorization })).status).toBe(200);
    }
  });

  test("management: a wrong key is 401, none reads public data and misses private chutes", async () => {
    const { chuteId } = minerOf("honest").chute;
    const get = (path: string, headers: Readonly<Record<string, string>>) => call(world.chutes.url, { path, headers });
    const wrong = await get(`/chutes/${chuteId}`, { authorization: "Bearer cpk_wrong" });
    expect([wrong.status, json(wrong).detail]).toEqual([401, "Can't find a user with that api key in our db :("]);
    const anonymous = await get(`/chutes/${chuteId}`, {});
    expect([anonymous.status, json(anonymous).detail]).toEqual([404, "Chute not found, or does not belong to you"]);
    expect((await get("/users/me", {})).status).toBe(401);
  });
});

describe("invocation keeps the platform's rules", () => {
  test("an answer in one piece has the chute's own name, usage and an invocation id", async () => {
    const { chute } = minerOf("honest");
    const heard = await invoke(chute.slug, chat("Start with 700. Add 30. What is the result?"));
    expect(heard.headers["x-chutes-invocationid"]).toMatch(/^[0-9a-f-]{36}$/);
    const body = json(heard);
    expect(body).toMatchObject({ object: "chat.completion", model: chute.name, choices: [{ finish_reason: "stop" }] });
    expect(body.usage.total_tokens).toBe(body.usage.prompt_tokens + body.usage.completion_tokens);
  });

  test("a stream says the same in chunks that all carry usage and ends with [DONE]", async () => {
    const { slug } = minerOf("honest").chute;
    const whole = json(await invoke(slug, chat("Tell me about rivers.")));
    const heard = await invoke(slug, chat("Tell me about rivers.", { stream: true }));
    expect(heard.headers["content-type"]).toContain("text/event-stream");
    const lines = heard.text.split("\n\n").filter((line) => line !== "");
    expect(lines.at(-1)).toBe("data: [DONE]");
    const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.slice("data: ".length)));
    expect(chunks.every((chunk) => chunk.usage.total_tokens > 0)).toBe(true);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
    expect(text).toBe(whole.choices[0].message.content);
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason === "stop")).toHaveLength(1);
    expect(chunks.at(-1).usage).toEqual(whole.usage);
  });

  test("max_tokens cuts the answer and says so", async () => {
    const { slug } = minerOf("honest").chute;
    const body = json(await invoke(slug, chat("Tell me about rivers.", { max_tokens: 3 })));
    expect(body.choices[0].finish_reason).toBe("length");
    expect(body.usage.completion_tokens).toBe(3);
  });

  test.each([
    ["another path", "/v1/completions", chat("x"), [404, "No matching cord found!"]],
    ["a path that was never declared", "/health", chat("x"), [404, "No matching cord found!"]],
    ["half a JSON text", PATH, "{", [400, "invalid request JSON payload"]],
    ["a body without messages", PATH, "{}", [400, "Invalid request: messages"]],
  ] as const)("%s is refused", async (_name, path, body, expected) => {
    const host = `${minerOf("honest").chute.slug}.chutes.ai`;
    const heard = await call(world.chutes.url, { path, method: "POST", host, headers: world.key, body });
    expect([heard.status, json(heard).detail]).toEqual(expected);
  });

  test("an unknown slug is no chute; another domain serves the same slugs", async () => {
    const unknown = await invoke("nobody-here", chat("x"));
    expect([unknown.status, json(unknown).detail]).toEqual([404, "No matching chute found!"]);
    const host = `${minerOf("honest").chute.slug}.example.org:8080`;
    const heard = await call(world.chutes.url, {
      path: PATH,
      method: "POST",
      host,
      headers: world.key,
      body: chat("x"),
    });
    expect(heard.status).toBe(200);
  });

  test("a giant body is refused with 413", async () => {
    const heard = await invoke(minerOf("honest").chute.slug, chat("x".repeat(4 * 1024 * 1024)));
    expect(heard.status).toBe(413);
  });

  test("a failing chute meets several platform errors and sometimes answers; the same calls fail again", async () => {
    const statuses = async (seed: number) => {
      await using other = await startWorld(seed);
      const { chute } = other.population.miners.find((miner) => miner.kind === "failing")!;
      const host = `${chute.slug}.chutes.ai`;
      const seen: number[] = [];
      for (let index = 0; index < 30; index += 1) {
        const body = chat(`question ${index % 10}`);
        seen.push(
          (await call(other.chutes.url, { path: PATH, method: "POST", host, headers: other.key, body })).status,
        );
      }
      return seen;
    };
    const first = await statuses(3);
    expect(first.filter((status) => status === 200).length).toBeGreaterThan(9);
    expect(new Set(first.filter((status) => status >= 429)).size).toBeGreaterThan(1);
    expect(await statuses(3)).toEqual(first);
  });
});

describe("the llm host serves the platform's own models", () => {
  const ask = (body: string) => call(world.chutes.url, { path: PATH, method: "POST", headers: world.key, body });

  test("an unknown model, or a miner's private one, is not found", async () => {
    const model = minerOf("honest").chute.name;
    for (const name of ["no/such", model]) {
      const heard = await ask(chat("x", { model: name }));
      expect([heard.status, json(heard).detail]).toEqual([404, `model not found: ${name}`]);
    }
  });

  test("by Host as well as by path, and what it costs stands in the ledger", async () => {
    await using other = await startWorld(5);
    const { data } = json(await call(other.chutes.url, { path: "/v1/models", host: "llm.chutes.ai" }));
    const body = chat("Start with 600. Add 20. What is the result?", { model: data[0].id });
    const options = { path: PATH, method: "POST", host: "llm.chutes.ai", headers: other.key, body };
    const { usage } = json(await call(other.chutes.url, options));
    const cost = usage.prompt_tokens * data[0].price.input.usd + usage.completion_tokens * data[0].price.output.usd;
    expect(other.chutes.ledger().spendMicroUsd).toBe(Math.round(cost));
    await call(other.chutes.url, options);
    expect(other.chutes.ledger().chutes).toContainEqual({ route: "judge", status: 200, count: 2 });
    expect([...other.chutes.purchases().values()]).toEqual([2]);
  });
});

test("the same seed makes the same world, another seed another", async () => {
  await using again = await startWorld(1);
  await using other = await startWorld(9);
  expect(again.chutes.apiKey).toBe(world.chutes.apiKey);
  expect(again.population).toEqual(world.population);
  expect(other.chutes.apiKey).not.toBe(world.chutes.apiKey);
  expect(other.population.miners[0]!.hotkey).not.toBe(world.population.miners[0]!.hotkey);
  const { slug } = minerOf("honest").chute;
  const host = `${slug}.chutes.ai`;
  const body = chat("Tell me about rivers.");
  const answers = [world, again].map((place) =>
    call(place.chutes.url, { path: PATH, method: "POST", host, headers: place.key, body }),
  );
  const [first, second] = (await Promise.all(answers)).map((heard) => json(heard).choices[0].message.content);
  expect(first).toBe(second);
});
