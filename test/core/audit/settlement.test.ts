import { describe, expect, test } from "vitest";
import { checkSettlement, deriveSettlement, newestDue, type Sent, sentOf } from "../../../src/core/audit/settlement.ts";
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
  onChain: true,
  vector: { uids: [1, 2], values: [65_535, 0] },
  commit: null,
  settles: null,
};

const row = (uids: readonly number[], values: readonly number[], hotkey = OWN): WeightRow => ({
  uid: 0,
  hotkey,
  uids,
  values,
});

function settled(seen: WeightRow | null): Settlement {
  const snapshot = {
    kind: "snapshot",
    parents: [],
    ...observationOf({ epoch: 4, miners: 2, own: OWN }),
    row: seen,
  } as const;
  return deriveSettlement(HEADER, snapshot, SENT);
}

describe("the weights of the former cycle", () => {
  test.each<[string, Settlement["state"], Settlement]>([
    ["stand when the own row is theirs", "standing", settled(row([1], [65_535]))],
    ["stand when zeros alone differ", "standing", settled(row([1, 3], [65_535, 0]))],
    ["were replaced when a value differs", "replaced", settled(row([1], [65_534]))],
    ["were replaced when a uid is more", "replaced", settled(row([1, 2], [65_535, 1]))],
    ["were replaced when there is no row", "replaced", settled(null)],
    ["were replaced when the row is somebody else's", "replaced", settled(row([1], [65_535], hotkeyOf(1)))],
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

const COMMIT: Commit = { bytes: "0x01", round: 9, epoch: 3, version: 4, revealBlock: 100 };
const VECTOR = { kind: "weight-vector", uids: [1], values: [65_535] } as unknown as WeightVector;

function sent(change: Partial<Submission>, settlement?: Settlement): Sent {
  const submission = { kind: "submission", parents: [], submission: "timelocked", resolved: null, commit: COMMIT };
  return sentOf(
    3,
    { ...submission, extrinsic: DIGEST, fault: null, ...change } as unknown as Submission,
    VECTOR,
    settlement,
  );
}

test.each<[string, FaultCode | null, Partial<Submission>, boolean]>([
  ["that the chain accepted", null, { block: { hash: DIGEST, number: 9 } }, true],
  ["that was not seen again", "chain-unconfirmed", { block: null }, true],
  ["that the chain could not be asked about", "chain-unreachable", { block: null }, true],
  ["that the chain refused", "chain-refused", { block: null }, false],
  ["that was accepted and taken back", "chain-refused", { block: { hash: DIGEST, number: 9 } }, false],
  ["that was never signed", "chain-unreachable", { block: null, extrinsic: null, commit: null }, false],
])("a commit %s may stand on chain or not", (_what, code, change, stands) => {
  const fault = code && ({ code, blame: "chain", retryable: true, message: "", remedy: "" } as const);
  expect(sent({ ...change, fault })).toMatchObject({ onChain: stands, commit: stands ? COMMIT : null });
  const direct = sent({ ...change, fault, submission: "direct", commit: null });
  expect(direct).toMatchObject({ onChain: stands, commit: null });
});

describe("the cycle that is settled", () => {
  const of = (epoch: number, change: Partial<Sent> = {}): Sent => ({
    ...SENT,
    epoch,
    commit: { ...COMMIT, epoch },
    ...change,
  });
  const withheld = (epoch: number, settles: number | null = null): Sent =>
    of(epoch, { onChain: false, commit: null, settles });

  test.each<[string, readonly Sent[], { readonly epoch: number; readonly revealPeriod: number }, unknown]>([
    ["is the one before", [of(4), of(3)], { epoch: 5, revealPeriod: 1 }, { epoch: 4, settled: false }],
    [
      "is the newest whose reveal is due",
      [of(4), of(3), of(2)],
      { epoch: 5, revealPeriod: 2 },
      { epoch: 3, settled: false },
    ],
    [
      "is the newest that sent anything",
      [withheld(4), withheld(3, 1), of(2)],
      { epoch: 5, revealPeriod: 2 },
      { epoch: 2, settled: false },
    ],
    ["is none that was settled", [withheld(4, 3), of(3)], { epoch: 5, revealPeriod: 1 }, { epoch: 3, settled: true }],
    [
      "is no older one when the newest was settled",
      [of(4, { settles: 3 }), of(3), of(2)],
      { epoch: 5, revealPeriod: 2 },
      { epoch: 3, settled: true },
    ],
    [
      "is direct weights at once",
      [of(4, { commit: null }), of(3)],
      { epoch: 5, revealPeriod: 2 },
      { epoch: 4, settled: false },
    ],
    ["is nobody where nothing was sent", [withheld(4), withheld(3)], { epoch: 5, revealPeriod: 1 }, undefined],
  ])("%s", (_what, newestFirst, now, expected) => {
    const due = newestDue(newestFirst, now);
    expect(due && { epoch: due.sent.epoch, settled: due.settled }).toEqual(expected);
  });

  test("is looked at once more while it was pending", () => {
    const settlement = { epoch: 2, state: "pending" } as Settlement;
    expect(sent({}, settlement).settles).toBeNull();
    expect(sent({}, { ...settlement, state: "lost" }).settles).toBe(2);
  });
});
