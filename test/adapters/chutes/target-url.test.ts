import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { targetUrl } from "../../../src/adapters/chutes/target-url.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import { configFor } from "./platform-fixture.ts";

const REAL = configFor("unused", { invoke: null });

const vectors = JSON.parse(readFileSync(new URL("../../vectors/cord-paths.json", import.meta.url), "utf8")) as {
  readonly cordPaths: readonly { readonly path: string; readonly ok: boolean }[];
};

describe("where a chute is called", () => {
  test("at its slug's own host", () => {
    expect(targetUrl({ slug: "alice-model", path: "/v1/chat/completions" }, REAL)).toEqual({
      origin: "https://alice-model.chutes.ai",
      path: "/v1/chat/completions",
      host: null,
    });
  });

  test("or at the address that the configuration names, with the slug's host in Host", () => {
    expect(targetUrl({ slug: "alice-model", path: "/run" }, configFor("http://127.0.0.1:8080"))).toEqual({
      origin: "http://127.0.0.1:8080",
      path: "/run",
      host: "alice-model.chutes.ai",
    });
  });

  test.each(vectors.cordPaths)("the SDK's verdict on the cord path $path is ours", ({ path, ok }) => {
    expect(isFault(targetUrl({ slug: "a", path }, REAL))).toBe(!ok);
  });
});

describe("refused, with blame miner", () => {
  test.each([
    "",
    "a.evil.example",
    "evil.example/",
    "evil.example#",
    "evil.example?",
    "user@evil.example",
    "user:pass@evil",
    "A",
    "a b",
    "a\n",
    "ä",
    "a\u0000",
    "..",
    "%2e",
    "a:80",
    "[::1]",
    "127.0.0.1",
    "a..b",
    "a".repeat(64),
    "ａ",
  ])("slug %j", (slug) => {
    expect(targetUrl({ slug, path: "/run" }, REAL)).toMatchObject({
      code: "url-refused",
      blame: "miner",
      retryable: false,
    });
  });

  test.each([
    "",
    "/",
    "run",
    "//evil.example",
    "/run/",
    "/run?x=1",
    "/run#x",
    "/../run",
    "/./run",
    "/%2e%2e",
    "/a\\b",
    "/run\n",
    "/Run",
    "/a/-b",
    "https://evil.example/",
    "/a@b",
    "/ü",
    `/${"a".repeat(128)}`,
  ])("path %j", (path) => {
    expect(targetUrl({ slug: "a", path }, REAL)).toMatchObject({ code: "url-refused", blame: "miner" });
  });

  test("a path made to blow up a backtracking matcher is refused in linear time", () => {
    // The published rule needs 2^40 steps for this one; it would not return.
    expect(isFault(targetUrl({ slug: "a", path: `/${"a".repeat(120)}!` }, REAL))).toBe(true);
    expect(isFault(targetUrl({ slug: "a", path: `${"/a".repeat(1_000_000)}!` }, REAL))).toBe(true);
  });
});

test("whatever slug and path say, a request goes to the slug's host or nowhere", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[a-z0-9/@:.?#%_-]{0,40}$/), fc.webUrl());
  fc.assert(
    fc.property(text, text, (slug, path) => {
      const url = targetUrl({ slug, path }, REAL);
      if (isFault(url)) return;
      const whole = new URL(url.origin + url.path);
      expect(whole.host).toBe(`${slug}.chutes.ai`);
      expect(whole.href).toBe(`https://${slug}.chutes.ai${path}`);
    }),
    { numRuns: 2_000 },
  );
});
