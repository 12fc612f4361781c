import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { textDigest } from "../../../src/core/determinism/digest.ts";
import { NOTHING_SPENT } from "../../../src/ports/spend.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { API_KEY, NEVER, platformFor, question, spell } from "./platform-fixture.ts";
import {
  type Answer,
  completionBody,
  event,
  ID_HEADER,
  rawServer,
  scriptedServer,
  sendJson,
  sendStream,
} from "./scripted-server.ts";

const DONE = "data: [DONE]\n\n";

describe("a miner is asked", () => {
  test("at its cord, with our key, its name in Host and a signature over the bytes sent", async () => {
    await using server = await scriptedServer((response) => sendJson(response, completionBody("4")));
    await using platform = platformFor({ url: server.url });
    const outcome = await platform.miners.answer(question(), NEVER);
    expect(outcome).toMatchObject({
      answered: true,
      text: "4",
      finishReason: "stop",
      firstTokenMs: null,
      usage: { promptTokens: 10, completionTokens: 5 },
      invocationId: ID_HEADER["x-chutes-invocationid"],
      attempts: [{ status: 200, fault: null }],
    });
    const [seen] = server.seen;
    expect(JSON.parse(seen?.body ?? "")).toEqual({
      model: "miner/model",
      messages: [{ role: "user", content: "What is 2 + 2?" }],
      max_tokens: 64,
      temperature: 0.7,
      seed: 5,
      stream: false,
    });
    expect(seen?.path).toBe("/v1/chat/completions");
    expect(seen?.headers).toMatchObject({
      host: "miner-model.chutes.ai",
      authorization: `Bearer ${API_KEY}`,
      "accept-encoding": "identity",
      "epistula-version": "2",
      "epistula-timestamp": "1760000000000",
      "epistula-signed-for": question().hotkey,
    });
    const message = {
      kind: "epistula-v2",
      bodySha256: createHash("sha256")
        .update(seen?.body ?? "")
        .digest("hex"),
      uuid: seen?.headers["epistula-uuid"],
      timestampMs: 1_760_000_000_000,
      signedFor: question().hotkey,
    };
    const signature = createHash("sha512").update(JSON.stringify(message)).digest("hex");
    expect(seen?.headers["epistula-request-signature"]).toBe(`0x${signature}`);
    expect(platform.spend.spent()).toEqual({ requests: 1, tokens: 15, microUsd: 0 });
  });

  test("and streams: text of all deltas, reasoning left out, last usage", async () => {
    await using server = await scriptedServer((response) =>
      sendStream(response, [
        event({ role: "assistant", reasoning_content: "hm" }),
        event({ content: "fo" }),
        event({ content: "ur" }, "stop"),
        DONE,
      ]),
    );
    await using platform = platformFor({ url: server.url });
    const outcome = await platform.miners.answer(question({ stream: true }), NEVER);
    expect(outcome).toMatchObject({ answered: true, text: "four", firstTokenMs: 0, latencyMs: 0 });
  });

  test("and what it sends back of our key is hidden before anybody sees it", async () => {
    await using server = await scriptedServer((response, { headers }) =>
      sendStream(response, [event({ content: `You sent ${headers.authorization}.` }, headers.authorization), DONE]),
    );
    await using platform = platformFor({ url: server.url });
    const outcome = await platform.miners.answer(question({ stream: true }), NEVER);
    expect(outcome).toMatchObject({
      text: "You sent Bearer [hidden].",
      textDigest: textDigest("You sent Bearer [hidden]."),
      finishReason: "Bearer [hidden]",
    });
    expect(JSON.stringify(outcome)).not.toContain(API_KEY);
  });

  test("anew for each attempt: no nonce repeats, the body does", async () => {
    await using server = await scriptedServer((response, _seen, turn) =>
      turn < 3
        ? sendJson(response, JSON.stringify({ detail: "No result returned from upstream" }), 500)
        : sendJson(response, completionBody("4")),
    );
    await using platform = platformFor({ url: server.url });
    const outcome = await platform.miners.answer(question(), NEVER);
    expect(outcome).toMatchObject({
      answered: true,
      attempts: [
        { status: 500, fault: "upstream-failed" },
        { status: 500, fault: "upstream-failed" },
        { status: 200, fault: null },
      ],
    });
    expect(new Set(server.seen.map(({ headers }) => headers["epistula-uuid"])).size).toBe(3);
    expect(new Set(server.seen.map(({ body }) => body)).size).toBe(1);
  });
});

const fail =
  (status: number, detail: unknown): Answer =>
  (response) =>
    sendJson(response, JSON.stringify({ detail }), status);

describe("what a server does to us becomes a fault with a blame", () => {
  const cases: readonly [string, Answer, string, number, boolean?][] = [
    ["an empty answer", (r) => sendJson(r, completionBody("  \n")), "answer-empty by miner", 1],
    ["no content", (r) => sendJson(r, completionBody(null)), "answer-empty by miner", 1],
    ["another form", (r) => sendJson(r, '{"answer":"4"}'), "answer-malformed by miner", 1],
    ["rubbish that calls itself JSON", (r) => sendJson(r, "four"), "answer-malformed by miner", 1],
    ["JSON that stops", (r) => sendJson(r, completionBody("4").slice(0, -30)), "truncated by platform", 3],
    [
      "an answer beyond the limit",
      (r) => sendJson(r, completionBody("x".repeat(70_000))),
      "answer-too-large by miner",
      1,
    ],
    ["a giant body", (r) => sendJson(r, "x".repeat(8_000_000)), "answer-too-large by miner", 1],
    [
      "HTML of the chute",
      (r) => void r.writeHead(200, { "content-type": "text/html", ...ID_HEADER }).end("<p>4"),
      "answer-malformed by miner",
      1,
    ],
    [
      "HTML of nobody",
      (r) => void r.writeHead(200, { "content-type": "text/html" }).end("<p>4"),
      "gateway-failed by platform",
      3,
    ],
    [
      "nothing at all",
      (r) => void r.writeHead(200, { "content-type": "application/json" }).end(),
      "gateway-failed by platform",
      3,
    ],
    [
      "compressed bytes",
      (r) => void r.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end("\x1f\x8b"),
      "gateway-failed by platform",
      3,
    ],
    [
      "a redirect of the chute",
      (r) => void r.writeHead(307, { location: "https://evil.example/", ...ID_HEADER }).end(),
      "redirect-refused by miner",
      1,
    ],
    [
      "a redirect of nobody",
      (r) => void r.writeHead(302, { location: "/login" }).end(),
      "redirect-refused by platform",
      1,
    ],
    ["a broken connection", (r) => r.socket?.destroy(), "connection-failed by platform", 3],
    [
      "a connection broken in the body",
      (r) =>
        void r
          .writeHead(200, { "content-type": "application/json", "content-length": "900" })
          .write("{", () => r.socket?.destroy()),
      "truncated by platform",
      3,
    ],
    ["a cold chute", fail(503, "No instances available (yet) for chute_id=x"), "chute-cold by miner", 3],
    [
      "a stream without end mark",
      (r) => sendStream(r, [event({ content: "4" }, "stop")]),
      "truncated by platform",
      3,
      true,
    ],
    [
      "a stream without finish reason",
      (r) => sendStream(r, [event({ content: "4" }), DONE]),
      "truncated by platform",
      3,
      true,
    ],
    [
      "the platform's bare error line",
      (r) => sendStream(r, [event({ content: "4" }), '{"error":"Unhandled exception during response stream: x"}']),
      "upstream-failed by platform",
      3,
      true,
    ],
    [
      "an error event",
      (r) => sendStream(r, [event({ content: "4" }), 'data: {"error":{"message":"x"}}\n\n']),
      "upstream-failed by platform",
      3,
      true,
    ],
    [
      "an event that is no JSON",
      (r) => sendStream(r, ["data: {four}\n\n", DONE]),
      "answer-malformed by miner",
      1,
      true,
    ],
    [
      "a stream of too much text",
      (r) =>
        sendStream(
          r,
          Array.from({ length: 80 }, () => event({ content: "x".repeat(1_000) })),
        ),
      "answer-too-large by miner",
      1,
      true,
    ],
    ["JSON where a stream was asked", (r) => sendJson(r, completionBody("4")), "answered: 4", 1, true],
  ];

  test.each(cases)("%s", async (...[, answer, expected, sent, stream = false]) => {
    await using server = await scriptedServer(answer);
    const clock = new ManualClock({ skipUpTo: 60_000 });
    await using platform = platformFor({ url: server.url, clock });
    const outcome = await platform.miners.answer(question({ stream }), NEVER);
    expect(spell(outcome)).toBe(expected);
    expect(outcome.attempts).toHaveLength(sent);
    expect(server.seen).toHaveLength(sent);
    expect(clock.sleeping).toBe(0);
  });

  test("a header bomb", async () => {
    await using server = await rawServer((socket) => socket.end(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(20_000)}\r\n`));
    await using platform = platformFor({ url: server.url });
    expect(spell(await platform.miners.answer(question(), NEVER))).toBe("gateway-failed by platform");
  });

  test("something that is not HTTP", async () => {
    await using server = await rawServer((socket) => socket.write("SSH-2.0-OpenSSH_9.9\r\n"));
    await using platform = platformFor({ url: server.url });
    expect(spell(await platform.miners.answer(question(), NEVER))).toBe("gateway-failed by platform");
  });

  test("nobody listens", async () => {
    const server = await rawServer(() => undefined);
    await server[Symbol.asyncDispose]();
    await using platform = platformFor({ url: server.url });
    const outcome = await platform.miners.answer(question(), NEVER);
    expect(spell(outcome)).toBe("connection-failed by platform");
    expect(JSON.stringify(outcome)).not.toContain("127.0.0.1");
  });

  test("a hostile slug: nothing is sent", async () => {
    await using server = await scriptedServer((response) => sendJson(response, completionBody("4")));
    await using platform = platformFor({ url: server.url });
    const outcome = await platform.miners.answer(question({ slug: "evil.example/" }), NEVER);
    expect(outcome).toMatchObject({ fault: { code: "url-refused", blame: "miner" }, attempts: [] });
    expect(server.seen).toEqual([]);
    expect(platform.spend.spent()).toEqual(NOTHING_SPENT);
  });
});

describe("deadlines", () => {
  test("a server that never answers ends at the deadline, once", async () => {
    await using server = await scriptedServer(() => undefined);
    const clock = new ManualClock();
    await using platform = platformFor({ url: server.url, clock });
    const answering = platform.miners.answer(question(), NEVER);
    await server.received(1);
    await clock.advance(119_999);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);
    expect(await answering).toMatchObject({
      fault: { code: "timeout", blame: "platform", retryable: false },
      attempts: [{ status: null, fault: "timeout", elapsedMs: 120_000 }],
    });
  });

  test("silence in a stream is given up after idleMs and tried again", async () => {
    await using server = await scriptedServer((response, _seen, turn) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(event({ content: "4" }, "stop"));
      if (turn === 2) response.end(DONE);
    });
    const clock = new ManualClock({ skipUpTo: 10_000 });
    await using platform = platformFor({ url: server.url, clock, limits: { answerMs: 1_000_000_000 } });
    const answering = platform.miners.answer(question({ stream: true }), NEVER);
    await server.received(1);
    // How many turns of the loop the first bytes need is the kernel's business: time goes on until the silence is noticed.
    while (server.seen.length < 2) {
      await clock.advance(45_000);
      await new Promise(setImmediate);
    }
    const outcome = await answering;
    expect(outcome).toMatchObject({ answered: true, attempts: [{ status: 200, fault: "timeout" }, { fault: null }] });
    expect(outcome.attempts[0]?.elapsedMs).toBeGreaterThanOrEqual(90_000);
    // And long before the total deadline, for which the watcher may not lie asleep.
    expect(outcome.attempts[0]?.elapsedMs).toBeLessThan(10_000_000);
  });

  test("a slow loris runs into the total deadline however often it drips", async () => {
    await using server = await scriptedServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const drip = setInterval(() => response.write(": still here\n"), 1);
      response.on("close", () => clearInterval(drip));
    });
    const clock = new ManualClock();
    await using platform = platformFor({ url: server.url, clock });
    let over = false;
    const answering = platform.miners.answer(question({ stream: true }), NEVER).finally(() => {
      over = true;
    });
    await server.received(1);
    while (!over) {
      await clock.advance(100);
      await new Promise(setImmediate);
    }
    expect(await answering).toMatchObject({ fault: { code: "timeout", blame: "platform" } });
    expect(clock.monotonic()).toBeGreaterThanOrEqual(120_000);
  });

  test("an endless stream runs into the size limit", async () => {
    await using server = await scriptedServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const flood = (): void => {
        while (!response.destroyed && response.write(event({ reasoning: "x".repeat(10_000) })));
      };
      response.on("drain", flood);
      flood();
    });
    await using platform = platformFor({ url: server.url });
    expect(spell(await platform.miners.answer(question({ stream: true }), NEVER))).toBe("answer-too-large by miner");
  });

  test("a stream that is whole is an answer even if its server never hangs up", async () => {
    await using server = await scriptedServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(event({ content: "4" }, "stop") + DONE);
    });
    const clock = new ManualClock();
    await using platform = platformFor({ url: server.url, clock });
    let outcome: unknown;
    const answering = platform.miners.answer(question({ stream: true }), NEVER).then((value) => {
      outcome = value;
    });
    await server.received(1);
    while (outcome === undefined) {
      await clock.advance(500);
      await new Promise(setImmediate);
    }
    await answering;
    expect(outcome).toMatchObject({ answered: true, text: "4" });
    expect(clock.monotonic()).toBeLessThan(90_000);
  });
});

describe("abort", () => {
  test.each(["before", "while it waits for an answer", "while it waits to try again"])(
    "%s: rejects with the reason",
    async (when) => {
      await using server = await scriptedServer((response, seen, turn) => {
        if (when.endsWith("again")) fail(500, "x")(response, seen, turn);
      });
      const clock = new ManualClock();
      await using platform = platformFor({ url: server.url, clock });
      const controller = new AbortController();
      const reason = new Error("epoch over");
      if (when === "before") controller.abort(reason);
      const answering = platform.miners.answer(question(), controller.signal);
      const settled = answering.then(
        () => null,
        (error: unknown) => error,
      );
      if (when !== "before") await server.received(1);
      // The second sleep is the back-off.
      while (when.endsWith("again") && clock.asked.length < 2) await new Promise(setImmediate);
      controller.abort(reason);
      expect(await settled).toBe(reason);
      expect(clock.sleeping).toBe(0);
    },
  );
});

test("no fault and no event of telemetry ever holds the key, a URL or the server's words", async () => {
  await using server = await scriptedServer(
    fail(402, { message: "Quota exceeded and account balance is $0, pay to 5Secret", quota_reset_timestamp: null }),
  );
  const events: unknown[] = [];
  const telemetry = { event: (...args: unknown[]) => void events.push(args), progress: () => undefined };
  await using platform = platformFor({ url: server.url, telemetry });
  const outcome = await platform.miners.answer(question(), NEVER);
  expect(spell(outcome)).toBe("account-unfunded by validator");
  expect(events).not.toEqual([]);
  const text = JSON.stringify([outcome, events]);
  for (const secret of [API_KEY, "5Secret", "http", "chutes.ai"]) expect(text).not.toContain(secret);
});
