import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/adapters/system/config.ts";
import { effectiveConfig } from "../../../src/adapters/system/effective-config.ts";
import { parseEndpoints } from "../../../src/adapters/system/networks.ts";
import type { Overrides } from "../../../src/adapters/system/outside.ts";

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-networks-"));
  file = join(folder, "touchstone.yaml");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Given = readonly [text: string, env?: Readonly<Record<string, string>>, overrides?: Overrides];

function sources(...[text, env = {}, overrides = {}]: Given): Parameters<typeof loadConfig>[0] {
  writeFileSync(file, `netuid: 2\njudge: { model: a/b }\n${text}\n`);
  return { file, env: { HOME: "/home/op", ...env }, overrides };
}

function endpoints(...given: Given): readonly string[] {
  return loadConfig(sources(...given)).network.endpoints;
}

const FINNEY = ["entrypoint-finney.opentensor.ai", "lite.chain.opentensor.ai", "lite.sub.latent.to"].map(
  (host) => `wss://${host}:443`,
);
const FIRST = "wss://entrypoint-finney.opentensor.ai:443";
const OWN = "ws://127.0.0.1:9944";

describe("the endpoints", () => {
  test.each<[string, Given, readonly string[]]>([
    ["known for finney", [""], FINNEY],
    ["known for test", ["network: test"], ["wss://test.finney.opentensor.ai:443"]],
    ["the address alone", [`network: ${OWN}`], [OWN]],
    ["from a list", [`network: ${OWN}\nfallbackEndpoints: [wss://a, wss://b]`], [OWN, "wss://a", "wss://b"]],
    ["from a text", ["fallbackEndpoints: wss://a, wss://b"], [FIRST, "wss://a", "wss://b"]],
    ["pinned by none", ["fallbackEndpoints: none"], [FIRST]],
    ["without doubles", [`network: ${OWN}\nfallbackEndpoints: [wss://a, wss://a, "${OWN}"]`], [OWN, "wss://a"]],
    [
      "from the environment before the file",
      ["fallbackEndpoints: wss://a", { BT_FALLBACK_ENDPOINTS: "wss://b" }],
      [FIRST, "wss://b"],
    ],
    [
      "from the flag before the environment",
      ["fallbackEndpoints: wss://a", { BT_FALLBACK_ENDPOINTS: "wss://b" }, { fallbackEndpoints: "none" }],
      [FIRST],
    ],
    ["from the file only with its network", ["fallbackEndpoints: wss://a", {}, { network: OWN }], [OWN]],
  ])("are %s", (_name, given, expected) => {
    expect(endpoints(...given)).toEqual(expected);
  });

  test.each<[string, Given]>([
    ["in the file", ["fallbackEndpoints: http://a"]],
    ["in a list of the file", ["fallbackEndpoints: [wss://a, 7]"]],
    ["in the environment", ["", { BT_FALLBACK_ENDPOINTS: "wss://a,nonsense" }]],
  ])("that are no addresses are refused: %s", (_name, given) => {
    expect(() => endpoints(...given)).toThrow(expect.objectContaining({ exit: "configuration" }));
  });

  test("come out of any text as addresses or not at all", () => {
    const urls = fc.array(fc.webUrl({ validSchemes: ["ws", "wss"] })).map((all) => all.join(","));
    fc.assert(
      fc.property(fc.oneof(fc.string(), urls), (text) => {
        const parsed = parseEndpoints(text);
        for (const address of parsed ?? []) expect(new URL(address).protocol).toMatch(/^wss?:$/);
        expect(parsed === null || new Set(parsed).size === parsed.length).toBe(true);
      }),
    );
  });
});

describe("the archive endpoints", () => {
  const KNOWN = ["wss://archive.chain.opentensor.ai:443", "wss://archive.sub.latent.to:443"];

  test.each<[string, Given, readonly string[]]>([
    ["known for finney", [""], KNOWN],
    ["none for test", ["network: test"], []],
    ["none for an address alone", [`network: ${OWN}`], []],
    ["from a list", [`network: ${OWN}\narchiveEndpoints: [wss://a, wss://b]`], ["wss://a", "wss://b"]],
    ["from a text, in the place of the known", ["archiveEndpoints: wss://a, wss://b"], ["wss://a", "wss://b"]],
    ["switched off by none", ["archiveEndpoints: none"], []],
    ["apart from the fallbacks", ["fallbackEndpoints: none"], KNOWN],
    ["those of the endpoints too", [`network: ${OWN}\narchiveEndpoints: ["${OWN}"]`], [OWN]],
    [
      "from the environment before the file",
      ["archiveEndpoints: wss://a", { BT_ARCHIVE_ENDPOINTS: "wss://b" }],
      ["wss://b"],
    ],
    [
      "from the flag before the environment",
      ["archiveEndpoints: wss://a", { BT_ARCHIVE_ENDPOINTS: "wss://b" }, { archiveEndpoints: "none" }],
      [],
    ],
    ["from the file only with its network", ["archiveEndpoints: wss://a", {}, { network: OWN }], []],
  ])("are %s", (_name, given, expected) => {
    expect(loadConfig(sources(...given)).network.archiveEndpoints).toEqual(expected);
  });

  test("never stand among the endpoints", () => {
    expect(endpoints("archiveEndpoints: wss://a")).toEqual(FINNEY);
  });

  test.each<[string, Given, RegExp]>([
    ["in the file", ["archiveEndpoints: http://a"], /archiveEndpoints/],
    ["in the environment", ["", { BT_ARCHIVE_ENDPOINTS: "wss://a,nonsense" }], /BT_ARCHIVE_ENDPOINTS/],
    ["as a flag", ["", {}, { archiveEndpoints: "archive" }], /--archive-endpoints/],
  ])("that are no addresses are refused: %s", (_name, given, named) => {
    const refused = { exit: "configuration", message: expect.stringMatching(named) };
    expect(() => loadConfig(sources(...given))).toThrow(expect.objectContaining(refused));
  });
});

describe("what is in effect", () => {
  function field(name: string, ...given: Given): unknown {
    return effectiveConfig(sources(...given)).fields.find((entry) => entry.field === name);
  }

  test("names fallbacks without credentials, and where they came from", () => {
    const address = "wss://me:s3cret@node.example/v1";
    expect(field("fallbackEndpoints", "", { BT_FALLBACK_ENDPOINTS: `${address},wss://b` })).toEqual({
      field: "fallbackEndpoints",
      value: "wss://node.example/[hidden],wss://b",
      origin: "environment",
      name: "BT_FALLBACK_ENDPOINTS",
    });
    const listed = field("fallbackEndpoints", "fallbackEndpoints:\n  - wss://a");
    expect(listed).toMatchObject({ value: "wss://a", origin: "file", line: 3 });
    expect(field("fallbackEndpoints", `network: ${OWN}`)).toMatchObject({ value: "none", origin: "default" });
    const replaced = field("fallbackEndpoints", "fallbackEndpoints: wss://a", {}, { network: OWN });
    expect(replaced).toMatchObject({ value: "none", origin: "default" });
  });

  test("names archives without credentials, and where they came from", () => {
    const address = "wss://me:s3cret@node.example/v1";
    expect(field("archiveEndpoints", "", {}, { archiveEndpoints: `${address},wss://b` })).toEqual({
      field: "archiveEndpoints",
      value: "wss://node.example/[hidden],wss://b",
      origin: "flag",
      name: "--archive-endpoints",
    });
    expect(field("archiveEndpoints", `network: ${OWN}`)).toMatchObject({ value: "none", origin: "default" });
    expect(field("archiveEndpoints", "archiveEndpoints: none")).toMatchObject({ value: "none", origin: "file" });
    const replaced = field("archiveEndpoints", "archiveEndpoints: wss://a", {}, { network: OWN });
    expect(replaced).toMatchObject({ value: "none", origin: "default" });
  });

  test.each<[number, Given]>([
    [60, [""]],
    [600, [`network: ${OWN}`]],
    [200, ["chainRequestsPerMinute: 200"]],
  ])("are %d requests a minute", (expected, given) => {
    expect(field("chainRequestsPerMinute", ...given)).toMatchObject({ value: expected });
  });
});
