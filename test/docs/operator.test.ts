import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { KNOWN_NAMES } from "../../src/adapters/system/config-shape.ts";
import { REVEAL_CAUSES, WITHHOLD_REASONS } from "../../src/core/model/records.ts";

const TEXT = readFileSync("docs/operator.md", "utf8");

function section(title: string): string {
  const start = TEXT.indexOf(`\n## ${title}`);
  const end = TEXT.indexOf("\n## ", start + 1);
  return start === -1 ? "" : TEXT.slice(start, end === -1 ? undefined : end);
}

/** Names of events in the sources: what is quoted before the facts of a call of `event`, but its level. */
function eventNames(): readonly string[] {
  const names = globSync("src/**/*.ts").flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/\.event\(([^{;]*)/g)].flatMap(([, head = ""]) =>
      [...head.replaceAll(/=== "[^"]+"/g, "").matchAll(/"([^"]+)"/g)].map(([, word = ""]) => word),
    ),
  );
  return [...new Set([...names, "progress"])].filter((name) => !/^(debug|info|warn|error)$/.test(name)).toSorted();
}

describe("the operator's page", () => {
  test("names every event of the log, and none that there is not", () => {
    const told = [...section("Logs").matchAll(/^\| `([\w.-]+)` \|/gm)].map(([, name = ""]) => name);
    expect(told.toSorted()).toEqual(eventNames());
    expect(told.length).toBeGreaterThan(15);
  });

  test.each([
    ["reason for which weights are withheld", WITHHOLD_REASONS],
    ["cause for which a commit is not revealed", REVEAL_CAUSES],
  ])("names every %s", (_what, words) => {
    const told = [...section("When weights do not land").matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`([a-z-]+)`/g)].map(([, word = ""]) => word),
    );
    expect(words.filter((word) => !told.includes(word))).toEqual([]);
    expect(told.length).toBe(WITHHOLD_REASONS.length + REVEAL_CAUSES.length);
  });

  test("names every setting", () => {
    const sections = Object.keys(KNOWN_NAMES);
    const settings = Object.entries(KNOWN_NAMES)
      .flatMap(([home, names]) => names.map((name) => (home === "" ? name : `${home}.${name}`)))
      .filter((name) => !sections.includes(name));
    const configuration = section("Configuration");
    expect(settings.filter((name) => !configuration.includes(`\`${name}\``))).toEqual([]);
    expect(settings.length).toBeGreaterThan(40);
  });
});
