import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { constants, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bench, linesOf, unpack } from "./bundles.ts";
import { errorOf, touchstone } from "./processes.ts";
import { replayed, type SealedChain, sealedChain, verdicts } from "./sealed-chain.ts";

/** Issue "What must be shown" 8: files that are no bundles, or no longer. */

let bench: Bench;
let sealed: SealedChain;
let at: SealedChain["at"];
beforeAll(async () => {
  sealed = await sealedChain(1);
  ({ at, bench } = sealed);
}, 90_000);
afterAll(() => sealed[Symbol.dispose]());

const MIB = 1024 * 1024;
const frame = (content: Buffer): Buffer =>
  zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const damaged: readonly (readonly [what: string, make: (good: string) => string])[] = [
  ["an empty file", () => bench.file(Buffer.alloc(0))],
  ["a frame of nothing", () => bench.pack("")],
  ["garbage", () => bench.file(randomBytes(4096))],
  ["text that was never packed", (good) => bench.file(Buffer.from(unpack(good)))],
  ["a file cut short", (good) => bench.file(readFileSync(good).subarray(0, -100))],
  ["a file without its last byte", (good) => bench.file(readFileSync(good).subarray(0, -1))],
  ["a byte behind the frame", (good) => bench.file(Buffer.concat([readFileSync(good), Buffer.from([0])]))],
  ["two frames", (good) => bench.file(Buffer.concat([readFileSync(good), readFileSync(good)]))],
  [
    "a flipped bit in the packed content",
    (good) => {
      const bytes = Buffer.from(readFileSync(good));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
      return bench.file(bytes);
    },
  ],
  ["a bomb of one endless line", () => bench.file(frame(Buffer.alloc(600 * MIB)))],
  ["a bomb of empty lines", () => bench.file(frame(Buffer.alloc(64 * MIB, "\n")))],
  [
    "a window larger than any bundle needs",
    (good) => {
      const bytes = Buffer.from(readFileSync(good));
      // RFC 8878 §3.1.1.1: the byte behind the descriptor is the window's, unless the frame is a single segment.
      expect((bytes[4] ?? 0) & 0x20).toBe(0);
      bytes[5] = (27 - 10) << 3;
      return bench.file(bytes);
    },
  ],
  ["brackets without end", () => bench.pack(`${"[".repeat(2 * MIB)}\n`)],
  ["a blank in a line", (good) => bench.pack(unpack(good).replace('{"digest":', '{ "digest":'))],
  [
    "a number spelt in another way",
    (good) => bench.pack(unpack(good).replace('"schema":1}', '"schema":1.0}').replace('"schema":1,', '"schema":1e0,')),
  ],
  ["keys in another order", (good) => bench.pack(unpack(good).replace(/^\{("digest":"[^"]+"),(.*)\}\n/, "{$2,$1}\n"))],
  ["an empty line", (good) => bench.pack(unpack(good).replace("\n", "\n\n"))],
  ["no line feed at the end", (good) => bench.pack(unpack(good).trimEnd())],
  ["line ends of Windows", (good) => bench.pack(unpack(good).replaceAll("\n", "\r\n"))],
  ["a byte order mark", (good) => bench.pack(`\uFEFF${unpack(good)}`)],
  [
    "two lines exchanged",
    (good) => {
      const [a = "", b = "", ...rest] = linesOf(good);
      return bench.pack(`${[b, a, ...rest].join("\n")}\n`);
    },
  ],
  [
    "two answers exchanged",
    (good) => {
      const lines = linesOf(good);
      const at = lines.findIndex((line) => line.includes('"kind":"response"'));
      return bench.pack(
        `${lines
          .with(at, lines[at + 1] ?? "")
          .with(at + 1, lines[at] ?? "")
          .join("\n")}\n`,
      );
    },
  ],
  ["a record twice", (good) => bench.pack(unpack(good).replace(/^(.*\n)/, "$1$1"))],
  ["no seal", (good) => bench.pack(`${linesOf(good).slice(0, -1).join("\n")}\n`)],
  ["a line behind the seal", (good) => bench.pack(`${unpack(good)}${linesOf(good).at(-1) ?? ""}\n`)],
];

describe("a damaged file", () => {
  test("of every kind is a mismatch of the file, and the others beside it are judged all the same", async () => {
    const files = damaged.map(([, make]) => make(at(0)));
    const all = [...files, at(0)];
    const found = await verdicts(all);
    const said = found.slice(0, -1).map(({ result, first }, index) => [damaged[index]?.[0], result, first?.record]);
    expect(said).toEqual(damaged.map(([what]) => [what, "mismatch", "file"]));
    expect(found.at(-1)?.result).toBe("verified");
  }, 90_000);

  test("alone ends with exit 1 and a sentence with the line", async () => {
    const { code, stdout, stderr } = await touchstone(["replay", bench.pack(unpack(at(0)).replace("\n", "\n\n"))]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/mismatch.*\n.*file in line 2/);
    expect(stderr).toBe("");
  });

  test("that is not there ends with exit 64 and says where bundles lie", async () => {
    for (const path of [`${bench.dir}/nothing.jsonl.zst`, bench.dir]) {
      const finished = await replayed(at(0), path);
      expect(finished.code).toBe(64);
      expect(errorOf(finished)).toMatchObject({ code: "bundle-missing", blame: "validator" });
      expect(errorOf(finished).message).toContain(path);
    }
  });
});
