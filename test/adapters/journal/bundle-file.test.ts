import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUNDLE_LIMITS, readBundle, writeBundle } from "../../../src/adapters/journal/bundle-file.ts";

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-bundle-"));
  file = join(folder, "cycle-2-0-7.jsonl.zst");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const frame = (text: string | Buffer): Buffer =>
  zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });

async function read(bytes: Uint8Array, limits = BUNDLE_LIMITS): Promise<unknown> {
  writeFileSync(file, bytes);
  return await readBundle(file, limits);
}

describe("a bundle file", () => {
  test("gives back the lines that were written, whatever they say", async () => {
    const line = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\n"));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1 }), async (lines) => {
        await writeBundle(file, lines);
        expect(await readBundle(file)).toEqual(lines);
      }),
    );
  });

  test("of many megabytes comes back whole, and leaves no temporary file", async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `${index} ${"ß".repeat(index % 700)}`);
    await writeBundle(file, lines);
    expect(await readBundle(file)).toEqual(lines);
    expect(readdirSync(folder)).toEqual(["cycle-2-0-7.jsonl.zst"]);
  });

  test("replaces an older one whole", async () => {
    await writeBundle(file, ["old", "old"]);
    await writeBundle(file, ["new"]);
    expect(await readBundle(file)).toEqual(["new"]);
  });

  test("that the disk does not take is an error of the journal and leaves nothing behind", async () => {
    const path = join(folder, "missing", "cycle.jsonl.zst");
    await expect(writeBundle(path, ["a"])).rejects.toMatchObject({ exit: "journal" });
    expect(readdirSync(folder)).not.toContain("missing");
  });

  test.each([
    ["that is not there", "absent.jsonl.zst"],
    ["that is a folder", "."],
    ["below a file", "cycle-2-0-7.jsonl.zst/below"],
  ])("%s is a matter of configuration", async (_name, name) => {
    await writeBundle(file, ["a"]);
    await expect(readBundle(join(folder, name))).rejects.toMatchObject({
      exit: "configuration",
      code: "bundle-missing",
    });
  });
});

describe("damage is a value with a sentence", () => {
  const whole = frame("one\ntwo\n");
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);

  test.each([
    ["an empty file", Buffer.alloc(0), /does not begin/, 1],
    ["three bytes", whole.subarray(0, 3), /does not begin/, 1],
    ["plain text", Buffer.from("one\ntwo\n"), /does not begin/, 1],
    ["gzip", Buffer.from("1f8b0800000000000003", "hex"), /does not begin/, 1],
    ["a skippable frame in front", Buffer.concat([skippable, whole]), /does not begin/, 1],
    ["a skippable frame behind", Buffer.concat([whole, skippable]), /8 bytes follow/, 1],
    ["a second frame", Buffer.concat([whole, whole]), /follow the Zstandard frame/, 1],
    ["one byte behind the frame", Buffer.concat([whole, Buffer.from([0])]), /1 bytes follow/, 1],
    ["a cut frame", whole.subarray(0, -2), /ends within/, 1],
    ["only a frame header", whole.subarray(0, 6), /ends within/, 1],
    ["a frame without content", frame(""), /holds no line/, 1],
    ["a frame without a checksum", zstdCompressSync("one\n"), /no content checksum/, 1],
    ["no line feed at the end", frame("one\ntwo"), /not ended by a line feed/, 2],
    ["bytes that are not UTF-8", frame(Buffer.from("6f6e650a740afe0a", "hex")), /not UTF-8/, 3],
    ["an overlong UTF-8 form", frame(Buffer.from("c0af0a", "hex")), /not UTF-8/, 1],
    ["an encoded surrogate", frame(Buffer.from("eda0800a", "hex")), /not UTF-8/, 1],
  ])("%s", async (_name, bytes, sentence, line) => {
    expect(await read(bytes)).toEqual({ damage: expect.stringMatching(sentence), line });
  });

  test("a byte order mark is content, for the reader of lines to refuse", async () => {
    expect(await read(frame("\ufeffone\n"))).toEqual(["\ufeffone"]);
  });

  test.each([
    ["a large file", { compressedBytes: 10 }, /larger than 10 bytes/, 1],
    ["large content", { bytes: 100 }, /content is larger/, 1],
    ["a long line", { lineBytes: 20 }, /longer than 20 bytes/, 2],
    ["many lines", { lines: 2 }, /more than 2 lines/, 3],
  ])("%s", async (_name, limit, sentence, line) => {
    const bytes = frame(`short\n${"long".repeat(50)}\nx\n`);
    expect(await read(bytes, { ...BUNDLE_LIMITS, ...limit })).toEqual({
      damage: expect.stringMatching(sentence),
      line,
    });
  });

  test("a bomb of 4 GB in 400 kB is given up at the first bytes beyond the limit", async () => {
    // 32,000 blocks of 128 KiB, each a byte repeated (RFC 8878 §3.1.1.2.2), in a frame with a window of 128 KiB.
    const size = 128 * 1024;
    const block = (last: boolean): Buffer => {
      const header = size * 8 + 2 + Number(last);
      return Buffer.from([header & 255, (header >> 8) & 255, header >> 16, 0x61]);
    };
    const blocks = Array.from({ length: 32_000 }, (_, index) => block(index === 31_999));
    const bomb = Buffer.concat([Buffer.from("28b52ffd0438", "hex"), ...blocks, Buffer.alloc(4)]);
    const before = process.memoryUsage().arrayBuffers;
    expect(await read(bomb)).toEqual({ damage: expect.stringMatching(/line is longer/), line: 1 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  test("a frame that asks for a window of 128 MiB is refused, the same frame with a small one is read", async () => {
    // Magic, descriptor, window descriptor (log2 − 10 in the upper five bits), one last raw block "x\n", checksum.
    const withWindow = (log: number): Buffer =>
      Buffer.concat([
        Buffer.from("28b52ffd04", "hex"),
        Buffer.from([(log - 10) * 8]),
        Buffer.from("110000780a", "hex"),
        frame("x\n").subarray(-4),
      ]);
    expect(await read(withWindow(17))).toEqual(["x"]);
    expect(await read(withWindow(27))).toEqual({ damage: expect.stringMatching(/too much memory/), line: 1 });
  });

  test("any bit flipped anywhere is damage, or one of the few bits without meaning: other lines never come out", async () => {
    const lines = Array.from(
      { length: 40 },
      (_, index) => `{"digest":"0x${index}","record":{"text":"${"ab".repeat(index)}"}}`,
    );
    await writeBundle(file, lines);
    const bytes = readFileSync(file);
    let unnoticed = 0;
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const result = await read(flipped);
      if (!Array.isArray(result)) expect(result).toHaveProperty("damage");
      else {
        expect(result).toEqual(lines);
        unnoticed += 1;
      }
    }
    expect(unnoticed).toBeLessThan(bytes.length / 8);
  });

  test("any bytes at all are read without an exception", async () => {
    const magic = Buffer.from("28b52ffd", "hex");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (noise, framed) => {
        const result = await read(framed ? Buffer.concat([magic, noise]) : noise);
        expect(Array.isArray(result) || "damage" in (result as object)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
