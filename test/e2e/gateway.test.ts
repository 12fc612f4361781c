import { describe, expect, test } from "vitest";
import { errorOf, LocalnetProcess, quickNet } from "./processes.ts";
import { Service } from "./service.ts";
import { FEW } from "./variants.ts";

/** A gateway's policy: it says when to come again, and is left alone until then (chain-newest.md §5, N14). */
const REFUSED = { target: "node", match: "handshake", kind: "status", value: 429 } as const;
/** What the localnet's gateway asks for. */
const RETRY_AFTER = 2;

describe("a gateway that answers the handshake with 429", () => {
  test("ends a command with exit 70, says whose policy it is and what to do", async () => {
    await using net = await quickNet();
    await net.faults([REFUSED]);
    const finished = await net.run("once");
    expect(finished.code).toBe(70);
    expect(errorOf(finished)).toMatchObject({ code: "chain-unreachable", blame: "chain" });
    expect(errorOf(finished).message).toContain("HTTP 429");
    expect(errorOf(finished).remedy).toContain("node of your own");
    expect(finished.stderr).toContain("gateway-refused");
    expect((await net.ledger()).rpc).toEqual({});
  }, 30_000);

  test("is left alone by a service for as long as it asks, each time, and then used again", async () => {
    await using net = await LocalnetProcess.start(
      "--miners",
      "4",
      "--tempo",
      "60",
      "--block-ms",
      "100",
      "--commit-reveal",
      "off",
    );
    const service = Service.run(net, net.variant("few", FEW));
    await service.event("ready");
    await net.faults([
      { target: "node", match: "*", kind: "drop", count: 1 },
      { ...REFUSED, count: 2 },
    ]);
    await service.event("submission", ({ state }) => state === "reflected");
    expect((await service.end("SIGTERM")).code).toBe(0);
    const refusals = service.events.filter(({ event }) => event === "gateway-refused");
    expect(refusals).toMatchObject([
      { level: "warn", how: "HTTP 429", waitSeconds: RETRY_AFTER },
      { level: "warn", how: "HTTP 429", waitSeconds: RETRY_AFTER },
    ]);
    const [first, second] = refusals.map(({ time }) => Date.parse(String(time)));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(RETRY_AFTER * 1000);
  }, 60_000);
});
