import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readVectorFile } from "../../src/cli/vector-file.ts";

const folder = mkdtempSync(join(tmpdir(), "touchstone-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string): ReturnType<typeof readVectorFile> {
  const file = join(folder, "vector.json");
  writeFileSync(file, text);
  return readVectorFile(file);
}

describe("a vector in a file", () => {
  test("is taken as it stands, zeros and an empty one included", () => {
    expect(read('{"uids":[3,0],"values":[0,65535]}')).toEqual({ uids: [3, 0], values: [0, 65_535] });
    expect(read('{"uids":[],"values":[]}')).toEqual({ uids: [], values: [] });
  });

  test.each([
    ["no JSON", "uids: [1]"],
    ["a list", "[1,2]"],
    ["one list alone", '{"uids":[1]}'],
    ["lists of different length", '{"uids":[1,2],"values":[1]}'],
    ["one uid twice", '{"uids":[1,1],"values":[1,2]}'],
    ["more than 65535", '{"uids":[1],"values":[65536]}'],
    ["less than nothing", '{"uids":[-1],"values":[1]}'],
    ["fractions", '{"uids":[1],"values":[0.5]}'],
    ["words", '{"uids":["1"],"values":[1]}'],
    ["another field", '{"uids":[],"values":[],"netuid":7}'],
  ])("with %s is refused by name", (_name, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: "vector-unusable", exit: "configuration" }));
  });

  test("that is not there is refused by name", () => {
    expect(() => readVectorFile(join(folder, "none.json"))).toThrow(
      expect.objectContaining({ code: "vector-unusable" }),
    );
  });
});
