import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ValidatorError } from "../../../src/core/model/fault.ts";
import { ERROR_ROWS } from "../../../src/localnet/chutes/error-rows.ts";
import type { ChutesFault } from "../../../src/localnet/chutes/fault-rules.ts";
import { call, chat, type Heard, startWorld, type World } from "./chutes-client.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const honest = () => world.population.miners.filter((miner) => miner.kind === "honest");
const set = (...rules: readonly Omit<ChutesFault, "target">[]) =>
  world.chutes.setFaults(rules.map((rule) => ({ target: "chutes", ...rule })));
const ask = (extra: Readonly<Record<string, unknown>> = {}, miner = honest()[0]!): Promise<Heard> => {
  const host = `${miner.chute.slug}.chutes.ai`;
  const body = chat("Tell me about rivers.", extra);
  return call(world.chutes.url, { path: "/v1/chat/completions", method: "POST", host, headers: world.key, body });
};

describe("faults come on demand", () => {
  test.each(ERROR_ROWS)("row %s of the error table", async (row) => {
    set({ match: "invoke", kind: "status", value: row });
    const heard = await ask();
    expect(heard.status).toBe(Number(row.slice(0, 3)));
    const isEdge = row.endsWith("-edge");
    expect(heard.headers["content-type"]).toContain(isEdge ? "text/html" : "application/json");
    if (!isEdge) expect(JSON.parse(heard.text)).toHaveProperty("detail");
  });

  test.each([
    [429, "Infrastructure is at maximum capacity, try again later"],
    [503, "No instances available (yet) for chute_id=unknown"],
    [500, "exhausted all available targets to no avail"],
    [599, "Internal Server Error"],
  ])("status %i by its number", async (value, detail) => {
    set({ match: "*", kind: "status", value });
    const heard = await ask();
    expect([heard.status, JSON.parse(heard.text).detail]).toEqual([value, detail]);
  });

  test("drop cuts the connection; before the model nothing was bought, after it something was", async () => {
    set({ match: "invoke", kind: "drop" });
    await expect(ask()).rejects.toThrow();
    expect(world.chutes.purchases().size).toBe(0);
    set({ match: "invoke", kind: "drop", value: 1 });
    await expect(ask()).rejects.toThrow();
    expect(world.chutes.purchases().size).toBe(1);
    expect(world.chutes.ledger().chutes).toEqual([{ route: "invoke", status: 0, uid: honest()[0]!.uid, count: 2 }]);
  });

  test("half-open says nothing until the caller gives up", async () => {
    set({ match: "invoke", kind: "half-open" });
    const winner = await Promise.race([
      ask().catch(() => "closed"),
      ask({}, honest()[1]!).catch(() => "closed"),
      fence(),
    ]);
    expect(winner).toBe("silence");
    async function fence(): Promise<string> {
      // A later request to another route is answered while both calls still hang.
      await call(world.chutes.url, { path: "/ping" });
      return "silence";
    }
  });

  test("a caller that goes away during a delay harms nobody and stands in the ledger", async () => {
    set({ match: "invoke", kind: "delay", value: 600_000 });
    const { promise: sent, resolve } = Promise.withResolvers<void>();
    const client = request(world.chutes.url, {
      path: "/v1/chat/completions",
      method: "POST",
      headers: { ...world.key, host: `${honest()[0]!.chute.slug}.chutes.ai` },
    });
    client.on("error", () => resolve());
    client.end(chat("Tell me about rivers."), () => {
      // The request has been answered by the model when it stands in the purchases.
      const look = (): unknown => (world.chutes.purchases().size > 0 ? client.destroy() : setImmediate(look));
      look();
    });
    await sent;
    client.destroy();
    await expect
      .poll(() => world.chutes.ledger().chutes)
      .toEqual([{ route: "invoke", status: 499, uid: honest()[0]!.uid, count: 1 }]);
  });

  test("a path that is no URL is answered, not fatal", async () => {
    const socket = connect(Number(new URL(world.chutes.url).port), "127.0.0.1");
    socket.write("GET // HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part as Buffer);
    expect(Buffer.concat(parts).toString()).toMatch(/^HTTP\/1\.1 404 /);
  });

  test("truncate ends a stream without [DONE] and cuts a body in the middle", async () => {
    set({ match: "invoke", kind: "truncate" });
    const stream = await ask({ stream: true });
    expect(stream.complete).toBe(true);
    expect(stream.text).toContain("data: ");
    expect(stream.text).not.toContain("[DONE]");
    const whole = await ask();
    expect([whole.status, whole.complete]).toEqual([200, false]);
    expect(() => JSON.parse(whole.text)).toThrow();
  });

  test("error fails a stream with a bare JSON line and anything else with 500", async () => {
    set({ match: "invoke", kind: "error" });
    const { text, status } = await ask({ stream: true });
    expect(status).toBe(200);
    expect(text.trimEnd().split("\n").at(-1)).toMatch(/^\{"error":"Unhandled exception during response stream: /);
    expect(text).not.toContain("[DONE]");
    expect((await ask()).status).toBe(500);
  });

  test("rules name a slug, a route or everything, count from the first match, and clear", async () => {
    const [first, second] = honest();
    set({ match: first!.chute.slug, kind: "status", value: 502, from: 1, count: 2 });
    const statuses: number[] = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await ask()).status);
    expect(statuses).toEqual([200, 502, 502, 200]);
    expect((await ask({}, second)).status).toBe(200);
    set({ match: "GET /chutes/{id}", kind: "status", value: 503 });
    const path = `/chutes/${first!.chute.chuteId}`;
    expect((await call(world.chutes.url, { path, headers: world.key })).status).toBe(503);
    set();
    expect((await call(world.chutes.url, { path, headers: world.key })).status).toBe(200);
  });

  test("a probability is drawn from the seed", async () => {
    const draw = async (place: World) => {
      place.chutes.setFaults([{ target: "chutes", match: "GET /ping", kind: "status", probability: 0.5 }]);
      const seen: number[] = [];
      for (let index = 0; index < 40; index += 1) seen.push((await call(place.chutes.url, { path: "/ping" })).status);
      return seen;
    };
    const drawn = await draw(world);
    expect(new Set(drawn)).toEqual(new Set([200, 503]));
    await using again = await startWorld();
    expect(await draw(again)).toEqual(drawn);
  });

  test.each<[string, Record<string, unknown>]>([
    ["a kind of the node's", { kind: "lag" }],
    ["no kind", {}],
    ["a match that is no text", { kind: "drop", match: 7 }],
    ["a negative count", { kind: "drop", count: -1 }],
    ["a fractional from", { kind: "drop", from: 0.5 }],
    ["a probability above one", { kind: "drop", probability: 2 }],
    ["a status that is none", { kind: "status", value: 200 }],
    ["a row that does not exist", { kind: "status", value: "418-teapot" }],
    ["a delay in words", { kind: "delay", value: "long" }],
  ])("%s is refused", (_name, rule) => {
    const whole = { target: "chutes", match: "*", ...rule } as unknown as ChutesFault;
    expect(() => world.chutes.setFaults([whole])).toThrow(ValidatorError);
  });
});
