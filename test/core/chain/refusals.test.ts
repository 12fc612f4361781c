import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dispatchRefusal, poolRefusal, REFUSALS } from "../../../src/core/chain/refusals.ts";
import { OTHER_CALL_REFUSALS } from "../../../src/core/chain/refusals-other-calls.ts";
import { PALLET_REFUSALS } from "../../../src/core/chain/refusals-pallets.ts";
import { CUSTOM_ERRORS, POOL_VARIANTS } from "../../../src/core/chain/refusals-pool.ts";
import { CONNECTION_CODES, RPC_CODES } from "../../../src/core/chain/refusals-rpc.ts";
import { REFUSAL_CLASSES } from "../../../src/core/chain/refusals-shape.ts";
import { WEIGHT_CALL_REFUSALS } from "../../../src/core/chain/refusals-weight-calls.ts";
import { readMetadata } from "../../../src/localnet/metadata/versions.ts";

const folder = process.env["SUBTENSOR_METADATA_DIR"] ?? "";
const FILES = ["393.v14", "393.v16", "424.v16", "461.v15"].map((name) => join(folder, `subtensor-${name}.scale`));
const missing = FILES.filter((file) => folder === "" || !existsSync(file));
if (missing.length > 0) process.stderr.write("skipped in part: SUBTENSOR_METADATA_DIR has not all real metadata\n");

const PALLETS: ReadonlySet<string> = new Set(["SubtensorModule", "Commitments", "Drand", "System"]);

const NEWEST = JSON.parse(readFileSync("test/vectors/subtensor-errors.json", "utf8")) as {
  readonly errors: readonly string[];
  readonly goneSince393: readonly string[];
};

/** `Pallet.Error` of the pallets that the dictionary covers, as the metadata of a real chain declares them. */
function declared(file: string): readonly string[] {
  const { pallets, lookup } = readMetadata(readFileSync(file)).model;
  return pallets
    .filter(({ name }) => PALLETS.has(name))
    .flatMap(({ name, errors }) => {
      const def = lookup.find(({ id }) => id === errors)?.def;
      return def?.tag === "variant" ? def.value.map((variant) => `${name}.${variant.name}`) : [];
    });
}

function hasEntry(error: string): boolean {
  return REFUSALS.has(error.replace(/^SubtensorModule\./, ""));
}

describe("the dictionary has an entry for every error", () => {
  test.runIf(missing.length === 0)("of the pallets in the metadata of real chains", () => {
    for (const file of FILES) {
      const errors = declared(file);
      expect(errors.length).toBeGreaterThan(140);
      expect(new Set(errors.map((error) => error.split(".")[0]))).toEqual(PALLETS);
      expect(errors.filter((error) => !hasEntry(error))).toEqual([]);
    }
  });

  test("of the newest runtime, and of those that are gone since spec 393", () => {
    expect(NEWEST.errors).toHaveLength(195);
    expect(NEWEST.goneSince393).toHaveLength(7);
    expect([...NEWEST.errors, ...NEWEST.goneSince393].filter((error) => !hasEntry(error))).toEqual([]);
  });

  test("and for none that no runtime has", () => {
    const known = new Set([...NEWEST.errors, ...NEWEST.goneSince393]);
    const subtensor = [...WEIGHT_CALL_REFUSALS, ...OTHER_CALL_REFUSALS].map(([name]) => `SubtensorModule.${name}`);
    const others = PALLET_REFUSALS.map(([name]) => name).filter((name) => name.includes("."));
    expect([...subtensor, ...others].filter((name) => !known.has(name))).toEqual([]);
  });

  test("once", () => {
    const names = [...WEIGHT_CALL_REFUSALS, ...OTHER_CALL_REFUSALS, ...PALLET_REFUSALS].map(([name]) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  test("of the chain's admission check", () => {
    expect([...CUSTOM_ERRORS.keys()]).toEqual([...Array(28).keys(), 255]);
  });

  test.each([1010, 1011, 1012, 1013, 1014, 1016, 4003, -32_004, -32_005])("of a node or gateway: %d", (code) => {
    expect(RPC_CODES.has(code)).toBe(true);
  });

  test.each([403, 429, 1008])("of a connection: %d", (code) => {
    expect(CONNECTION_CODES.has(code)).toBe(true);
  });
});

const NAMED = [...CUSTOM_ERRORS.values(), ...POOL_VARIANTS, ...RPC_CODES.values(), ...CONNECTION_CODES.values()];

test.each([...REFUSALS, ...NAMED.map(({ name, refusal }) => [name, refusal] as const)])(
  "%s is a sentence with a class and a remedy",
  (_, refusal) => {
    expect(refusal.message).toMatch(/^[A-Z].*\.$/);
    expect(refusal.remedy).toMatch(/^[A-Z].*\.$/);
    expect(REFUSAL_CLASSES).toContain(refusal.class);
  },
);

describe("a dispatch error", () => {
  test("becomes a Fault that may be tried again unless a hand is needed", () => {
    for (const [name, refusal] of REFUSALS) {
      const fault = dispatchRefusal(name);
      expect(fault).toMatchObject({ message: refusal.message, evidence: { detail: name } });
      expect(fault.retryable).toBe(refusal.class !== "stop");
    }
  });

  test.each([
    ["SettingWeightsTooFast", "wait"],
    ["NeuronNoValidatorPermit", "wait"],
    ["CommitRevealEnabled", "rebuild"],
    ["InvalidRevealRound", "rebuild"],
    ["CommitQueueFull", "wait"],
    ["NotEnoughStakeToSetWeights", "stop"],
    ["IncorrectWeightVersionKey", "stop"],
    ["System.CallFiltered", "wait"],
  ])("%s: %s, as chain.md §10 has it", (name, expected) => {
    expect(REFUSALS.get(name)?.class).toBe(expected);
  });

  test("of no pallet is known by the key that it comes with", () => {
    expect(dispatchRefusal("badOrigin").message).toMatch(/does not let this key/);
  });

  test("of a call that a validator never sends says so", () => {
    expect(dispatchRefusal("SlippageTooHigh").message).toMatch(/belongs to staking.*never meets it/);
  });

  test("that nobody has heard of is named", () => {
    expect(dispatchRefusal("Brand.New").message).toContain("Brand.New");
  });
});

describe("what the pool says", () => {
  test.each([
    [1010, "Invalid Transaction Custom error: 6", true, /too short a time ago/],
    [1010, "Invalid Transaction Custom error: 1", false, /stake is below/],
    [1010, "Invalid Transaction Custom error: 15", true, /round/],
    [1010, "Invalid Transaction Custom error: 19", false, /not registered/],
    [1010, "Invalid Transaction Custom error: 255", true, /without saying by which rule/],
    [1010, "Invalid Transaction Custom error: 99", true, /does not know: custom error 99/],
    [1010, "Invalid Transaction Transaction is outdated", true, /nonce moved/],
    [1010, "Invalid Transaction Transaction will be valid in the future", true, /nonce moved/],
    [1010, "Invalid Transaction Transaction has a bad signature", true, /signature/],
    [1010, "Invalid Transaction Transaction has an ancient birth block", true, /era is over/],
    [1010, "Invalid Transaction Inability to pay some fees", false, /asks a fee/],
    [1010, "Invalid Transaction Transaction would exhaust the block limits", true, /no room/],
    [1010, "Invalid Transaction Transaction call is not expected", true, /does not take this call now/],
    [1010, "Invalid Transaction", true, /the text beside the code says why/],
    [1011, "Unknown Transaction Validity", true, /cannot tell yet/],
    [1012, "Transaction is temporarily banned", true, /banned/],
    [1013, "Transaction is already imported", true, /already/],
    [1014, "Priority is too low: (1 vs 1)", true, /same nonce/],
    [1016, "Immediately Dropped", true, /pool is full/],
    [-32_601, "Method not found", false, /does not understand/],
    [-32_099, "whatever", true, /does not know: code -32099/],
  ])("%i %s", (code, text, retryable, message) => {
    const fault = poolRefusal(code, text);
    expect(fault).toMatchObject({ code: "chain-refused", retryable });
    expect(fault.message).toMatch(message);
  });

  test("any text ends in a sentence that does not repeat it", () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), (code, text) => {
        expect(poolRefusal(code, text).message).toMatch(/\.$/);
        expect(poolRefusal(code, `key=${text}secret`).message).not.toContain("secret");
      }),
    );
  });
});
