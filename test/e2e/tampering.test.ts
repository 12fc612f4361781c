import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReplayShape } from "../../src/cli/machine-types.ts";
import { type Bench, linesOf, recordsOf, resealed, unpack } from "./bundles.ts";
import { answer } from "./processes.ts";
import { replayed, type SealedChain, sealedChain, verdict, verdicts } from "./sealed-chain.ts";

/** Issue "What must be shown" 2: content changed by somebody without a key, and bundles left out. */

let bench: Bench;
let chain: readonly string[];
let sealed: SealedChain;
let at: SealedChain["at"];
beforeAll(async () => {
  sealed = await sealedChain(3);
  ({ at, bench, bundles: chain } = sealed);
}, 90_000);
afterAll(() => sealed[Symbol.dispose]());

describe("bundles as they were sealed", () => {
  test("verify, alone and as a chain", async () => {
    const { bundles, chain: links } = answer<ReplayShape>(await replayed(...chain));
    expect(bundles.map(({ result, signature }) => `${result}, ${signature}`)).toEqual(
      chain.map(() => "verified, verified"),
    );
    expect(links).toBe("verified");
  });

  test("come out of the forger's workshop as good as they went in, so that only the forgery can be what is found", async () => {
    expect(resealed(recordsOf(at(0)))).toBe(unpack(at(0)));
    const signedAgain = bench.pack(resealed(recordsOf(at(0)), sealed.insider));
    expect(answer<ReplayShape>(await replayed(signedAgain))).toMatchObject({
      bundles: [{ result: "verified", signature: "verified" }],
    });
    // A second signature under the same content is another seal: the bundle after it names the first.
    expect(answer<ReplayShape>(await replayed(signedAgain, at(1)), 1).chain).toBe("absent");
  });
});

function kindOf(line: string): string {
  return (JSON.parse(line) as { readonly record: { readonly kind: string } }).record.kind;
}

/** A change of one character within a value; each keeps the line canonical and of its record's form. */
const ONE_CHARACTER: readonly (readonly [kind: string, find: RegExp, put: string])[] = [
  ["header", /"name":"t(?=ouchstone)/, '"name":"T'],
  ["snapshot", /"specVersion":\d/, '"specVersion":9'],
  ["roster", /"slug":"l/, '"slug":"k'],
  ["challenge", /"prompt":"./, '"prompt":"~'],
  ["response", /"text":"[^"\\]/, '"text":"~'],
  ["judgement", /"taskId":"t0\d/, ""],
  ["score-sheet", /"answered":16/, '"answered":15'],
  ["weight-vector", /"values":\[\d/, ""],
  ["submission", /"extrinsic":"0x[0-9a-f]/, ""],
  ["seal", /"requests":\d/, ""],
];

/** Puts another character in place of the last one of what was found. */
function changed(line: string, find: RegExp, put: string): string {
  const found = find.exec(line)?.[0];
  if (found === undefined) throw new Error(`the line has nothing like ${find.source}`);
  const last = found.at(-1) === "7" ? "8" : "7";
  return line.replace(found, put === "" ? found.slice(0, -1) + last : put);
}

describe("one character of content changed", () => {
  test.for(ONE_CHARACTER)("in a %s is a mismatch of that very record", async ([kind, find, put]) => {
    const lines = linesOf(at(1));
    const index = lines.findIndex((line) => kindOf(line) === kind && find.test(line));
    const line = lines[index] ?? "";
    const other = changed(line, find, put);
    expect(other.length).toBe(line.length);
    const { result, first } = await verdict(bench.pack(`${lines.with(index, other).join("\n")}\n`));
    expect(result).toBe("mismatch");
    expect(first).toMatchObject({ record: kind, index });
  });

  test("anywhere at all is never verified, and what is named is the record, or the file where its form is broken", async () => {
    const text = unpack(at(1));
    const { length } = text;
    const places = fc.sample(
      fc.tuple(fc.nat(length - 1), fc.constantFrom(...Array.from('a0Z9 -{}[]",:\\\n\u0000é'))),
      150,
    );
    const spoilt = places
      .map(([at, char]) => ({ at, text: `${text.slice(0, at)}${char}${text.slice(at + 1)}` }))
      .filter((one) => one.text !== text);
    const found = await verdicts(spoilt.map((one) => bench.pack(one.text)));
    expect(found).toHaveLength(spoilt.length);
    const lines = linesOf(at(1));
    for (const [position, { result, first }] of found.entries()) {
      const at = spoilt[position]?.at ?? 0;
      const line = text.slice(0, at).split("\n").length - 1;
      expect(result, `character ${at}`).toBe("mismatch");
      expect(["file", kindOf(lines[line] ?? "")]).toContain(first?.record);
      expect(first?.index).toBe(line);
    }
  }, 90_000);

  test("in any number of bytes of the packed file is never verified", async () => {
    const bytes = readFileSync(at(0));
    const changes = fc.sample(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
      100,
    );
    const files = changes.map((change) => {
      const copy = Buffer.from(bytes);
      for (const [at, by] of change) copy[at] = (copy[at] ?? 0) ^ by;
      return { same: copy.equals(bytes), file: bench.file(copy) };
    });
    const found = await verdicts(files.map(({ file }) => file));
    for (const [index, { result, first }] of found.entries()) {
      if (files[index]?.same === true) continue;
      // The frame's own header has bits that change nothing of the content: then the content is what was signed.
      if (result === "verified") expect(unpack(files[index]?.file ?? "")).toBe(unpack(at(0)));
      else expect(first?.record).toBe("file");
    }
  }, 90_000);
});

describe("the chain of bundles", () => {
  const CASES: readonly (readonly [what: string, order: readonly number[], links: string, code: number])[] = [
    ["a bundle missing in the middle is absent", [0, 2], "absent", 1],
    ["a lone later bundle cannot be checked against what came before", [1], "cannot-check", 0],
    ["later bundles without the first cannot be checked whole", [1, 2], "cannot-check", 0],
    ["another order than that of the epochs is a mismatch", [1, 0], "mismatch", 1],
    ["one bundle twice is a mismatch", [0, 0], "mismatch", 1],
  ];
  test.for(CASES)("%s", async ([, order, links, code]) => {
    const { bundles, chain: found } = answer<ReplayShape>(await replayed(...order.map((index) => at(index))), code);
    expect(bundles.every(({ result }) => result === "verified")).toBe(true);
    expect(found).toBe(links);
  });
});
