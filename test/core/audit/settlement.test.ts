import { describe, expect, test } from "vitest";
import { checkSettlement, deriveSettlement, type Sent, sentOf } from "../../../src/core/audit/settlement.ts";
import type { FaultCode } from "../../../src/core/model/fault.ts";
import type { WeightRow } from "../../../src/core/model/metagraph.ts";
import type { Commit, Header, Settlement, Submission, WeightVector } from "../../../src/core/model/records.ts";
import { hotkeyOf, observationOf } from "../../support/scripted-world.ts";

const OWN = hotkeyOf(0);
const HEADER = { epoch: 4, hotkey: OWN } as Header;
const DIGEST = `0x${"5d".repeat(32)}` as const;
const SENT: Sent = {
  epoch: 3,
  digest: DIGEST,
  submission: "direct",
  vector: { uids: [1, 2], values: [65_535, 0] },
  commit: null,
};

const row = (uids: readonly number[], values: readonly number[], hotkey = OWN): WeightRow => ({
  uid: 0,
  hotkey,
  uids,
  values,
});

function settled(seen: WeightRow | null, sent: Partial<Sent> = {}): Settlement {
  const snapshot = {
    kind: "snapshot",
    parents: [],
    ...observationOf({ epoch: 4, miners: 2, own: OWN }),
    row: seen,
  } as const;
  return deriveSettlement(HEADER, snapshot, { ...SENT, ...sent });
}

describe("the weights of the former cycle", () => {
  test.each<[string, Settlement["state"], Settlement]>([
    ["stand when the own row is theirs", "standing", settled(row([1], [65_535]))],
    ["stand when zeros alone differ", "standing", settled(row([1, 3], [65_535, 0]))],
    ["were replaced when a value differs", "replaced", settled(row([1], [65_534]))],
    ["were replaced when a uid is more", "replaced", settled(row([1, 2], [65_535, 1]))],
    ["were replaced when there is no row", "replaced", settled(null)],
    ["were replaced when the row is somebody else's", "replaced", settled(row([1], [65_535], hotkeyOf(1)))],
    [
      "were not sent when withheld, whatever stands",
      "not-sent",
      settled(row([1], [65_535]), { submission: "withheld" }),
    ],
    ["were not sent by a dry run", "not-sent", settled(null, { submission: "dry-run" })],
  ])("%s", (_what, state, settlement) => {
    expect(settlement).toMatchObject({ kind: "settlement", epoch: 3, submission: DIGEST, state, lastUpdate: 0 });
  });
});

describe("a settlement in a bundle", () => {
  const snapshot = { kind: "snapshot", parents: [], ...observationOf({ epoch: 4, miners: 2, own: OWN }) } as const;
  const good = deriveSettlement(HEADER, snapshot, SENT);

  test("may be absent, and holds as it was made", () => {
    expect(checkSettlement(HEADER, snapshot, undefined)).toBeUndefined();
    expect(checkSettlement(HEADER, snapshot, good)).toBeUndefined();
  });

  test.each<[string, Partial<Settlement>]>([
    ["parents", { parents: [DIGEST] }],
    ["epoch", { epoch: 4 }],
    ["lastUpdate", { lastUpdate: 77 }],
  ])("is refused by its %s", (field, change) => {
    const finding = checkSettlement(HEADER, snapshot, { ...good, ...change });
    expect(finding?.difference.field).toContain(field);
  });

  test("of a validator without a hotkey has no last update", () => {
    expect(deriveSettlement({ ...HEADER, hotkey: null }, snapshot, SENT).lastUpdate).toBeNull();
  });
});

test.each<[FaultCode, boolean]>([
  ["chain-unconfirmed", true],
  ["chain-unreachable", true],
  ["chain-refused", false],
])("a commit whose submission ended with %s may stand on chain: %s", (code, stands) => {
  const commit: Commit = { bytes: "0x01", round: 9, epoch: 3, version: 4, revealBlock: 100 };
  const fault = { code, blame: "chain", retryable: true, message: "", remedy: "" } as const;
  const submission = {
    kind: "submission",
    parents: [],
    submission: "timelocked",
    block: null,
    resolved: null,
  } as const;
  const vector = { kind: "weight-vector", uids: [1], values: [65_535] } as unknown as WeightVector;
  const sent = sentOf(3, { ...submission, commit, fault } as unknown as Submission, vector);
  expect(sent.commit).toEqual(stands ? commit : null);
});
