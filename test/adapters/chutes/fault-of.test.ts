import { describe, expect, test } from "vitest";
import { faultOfRefusal } from "../../../src/adapters/chutes/fault-of.ts";
import { type Role, STATUS_ROWS } from "../../../src/adapters/chutes/fault-table.ts";
import { RefusalReader } from "../../../src/adapters/chutes/refusal.ts";
import { BLAMES, type Fault } from "../../../src/core/model/fault.ts";
import { ERROR_ROWS, rowOrStatus } from "../../../src/localnet/chutes/error-rows.ts";
import type { Reply } from "../../../src/localnet/chutes/reply.ts";

const ID = { "x-chutes-invocationid": "11111111-2222-4333-8444-555555555555" };

function refused(role: Role, status: number, body: string, headers: Record<string, string> = {}): Fault {
  const reader = new RefusalReader();
  reader.push(Buffer.from(body));
  return faultOfRefusal(reader.read({ status, headers }), role, { status });
}

/** `code blame`, with `…` for what is worth another attempt. */
function spell({ blame, code, retryable }: Fault): string {
  return `${code} ${blame}${retryable ? " …" : ""}`;
}

/** The simulated platform's rows, written by another hand from the same page of reference (chutes.md §2.8). */
const EXPECTED: Readonly<Record<string, readonly [miner: string, judge: string, catalogue: string]>> = {
  "400-json": ["request-rejected validator", "request-rejected validator", "request-rejected validator"],
  "401-key": ["credentials-rejected validator", "credentials-rejected validator", "credentials-rejected validator"],
  "401-anonymous": [
    "credentials-rejected validator",
    "credentials-rejected validator",
    "credentials-rejected validator",
  ],
  "402-balance": ["account-unfunded validator", "account-unfunded validator", "account-unfunded validator"],
  "402-subscription": ["account-unfunded validator", "account-unfunded validator", "account-unfunded validator"],
  "402-tee-quota": ["account-unfunded validator", "account-unfunded validator", "account-unfunded validator"],
  "402-owner": ["owner-unfunded miner", "model-unavailable judge", "owner-unfunded platform"],
  "403-scope": ["forbidden validator", "forbidden validator", "forbidden validator"],
  "404-model": ["model-not-found validator", "model-not-found validator", "model-not-found validator"],
  "404-chute": ["chute-not-found miner", "model-not-found validator", "chute-not-found miner"],
  "404-cord": ["cord-not-found miner", "request-rejected validator", "cord-not-found platform"],
  "404-read": ["chute-not-found miner", "model-not-found validator", "chute-not-found miner"],
  "410-instance": ["instance-gone platform …", "instance-gone judge …", "instance-gone platform …"],
  "413-body": ["request-too-large validator", "request-too-large validator", "request-too-large validator"],
  "426-tee": ["tee-required miner", "model-unavailable judge", "tee-required platform"],
  "429-capacity": ["capacity platform …", "capacity judge …", "capacity platform …"],
  "429-daily": ["rate-limited validator", "rate-limited validator", "rate-limited validator"],
  "429-rate": ["rate-limited platform …", "rate-limited judge …", "rate-limited platform …"],
  "429-edge": ["edge-refused validator", "edge-refused validator", "edge-refused validator"],
  "500-exhausted": ["upstream-failed platform …", "upstream-failed judge …", "upstream-failed platform …"],
  "500-upstream": ["upstream-failed platform …", "upstream-failed judge …", "upstream-failed platform …"],
  "502-attestation": ["gateway-failed platform …", "gateway-failed judge …", "gateway-failed platform …"],
  "503-cold": ["chute-cold miner …", "model-unavailable judge …", "chute-cold platform …"],
  "503-disabled": ["chute-disabled miner", "model-unavailable judge", "chute-disabled platform"],
  "504-edge": ["gateway-failed platform …", "gateway-failed judge …", "gateway-failed platform …"],
};

describe("the platform's error table", () => {
  test("every row of the simulated platform is expected here", () => {
    expect(ERROR_ROWS.filter((row) => !(row in EXPECTED))).toEqual([]);
  });

  test.each(Object.entries(EXPECTED))("%s", (row, expected) => {
    const reply = rowOrStatus(row) as Reply;
    const body = reply.body.kind === "whole" ? reply.body.text : "";
    const faults = (["miner", "judge", "catalogue"] as const).map((role) =>
      refused(role, reply.status, body, reply.headers),
    );
    expect(faults.map(spell)).toEqual(expected);
    for (const fault of faults)
      expect([fault.message, fault.remedy].every((sentence) => sentence.endsWith("."))).toBe(true);
  });

  test.each(STATUS_ROWS.map((row) => [`${row.status} ${row.text ?? "*"}`, row] as const))(
    "our row %s is reached",
    (_name, row) => {
      const body = JSON.stringify({ detail: row.text ?? "?" });
      expect(spell(refused("miner", row.status, body, ID))).toBe(spell({ ...row.miner, message: "", remedy: "" }));
    },
  );
});

describe("what is not proven to be the miner's is the platform's", () => {
  test.each([
    [
      "the owner's empty account, in the edge's words",
      402,
      "<p>creator of this chute",
      {},
      "account-unfunded validator",
    ],
    ["no such chute, in HTML", 404, "<p>No matching chute found!", ID, "upstream-failed platform"],
    [
      "no such chute, in JSON of another form",
      404,
      '{"message":"No matching chute found!"}',
      {},
      "upstream-failed platform",
    ],
    ["an unknown 404", 404, '{"detail":"what?"}', ID, "upstream-failed platform"],
    ["an unknown status of the client's kind", 418, '{"detail":"teapot"}', ID, "upstream-failed platform"],
    ["the chute's own refusal, as the platform confirms", 418, '{"error":"I will not"}', ID, "answer-malformed miner"],
    ["the same without the platform's word", 418, '{"error":"I will not"}', {}, "upstream-failed platform"],
    ["a made-up 401 of the chute", 401, '{"error":"no"}', ID, "credentials-rejected validator"],
    ["an instance that is full", 429, '{"error":"RateLimitExceeded"}', ID, "capacity platform …"],
    [
      "a 429 without JSON but with the platform's headers",
      429,
      "",
      { "x-chutes-rl-user": "60" },
      "rate-limited platform …",
    ],
    ["an unknown status of the server's kind", 599, "", ID, "gateway-failed platform …"],
    ["another success of the chute", 201, "{}", ID, "answer-malformed miner"],
    ["another success of nobody", 204, "", {}, "upstream-failed platform"],
  ])("%s", (...[, status, body, headers, expected]) => {
    expect(spell(refused("miner", status, body, headers))).toBe(expected);
  });

  test("no status and no body ever blames anybody that the role does not know", () => {
    for (let status = 200; status < 600; status += 1) {
      for (const body of ["", "{}", '{"detail":1}', '{"detail":{"message":["x"]}}', "[]", '{"error":{}}']) {
        for (const role of ["miner", "judge", "catalogue"] as const) {
          const fault = refused(role, status, body, ID);
          expect(BLAMES).toContain(fault.blame);
          if (role === "judge") expect(["judge", "validator"]).toContain(fault.blame);
          if (role === "catalogue") expect(["platform", "validator"]).toContain(fault.blame);
        }
      }
    }
  });

  test("an error body is read up to its limit and no further", () => {
    const reader = new RefusalReader();
    expect(reader.push(Buffer.alloc(16_383))).toBe("more");
    expect(reader.push(Buffer.alloc(100_000))).toBe("stop");
  });
});
