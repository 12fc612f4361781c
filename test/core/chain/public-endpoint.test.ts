import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultRequestsPerMinute, hostOf, isPublicEndpoint } from "../../../src/core/chain/public-endpoint.ts";

test.each([
  ["ws://127.0.0.1:9944", false],
  ["ws://localhost:9944", false],
  ["ws://[::1]:9944", false],
  ["ws://10.1.2.3", false],
  ["ws://172.16.0.9:9944", false],
  ["ws://172.32.0.9:9944", true],
  ["ws://192.168.1.4/path", false],
  ["ws://100.64.0.1", false],
  ["ws://[fd00::1]:9944", false],
  ["ws://[2001:db8::1]:9944", true],
  ["ws://subtensor:9944", false],
  ["ws://node.internal", false],
  ["wss://10.0.0.1.example.com", true],
  ["wss://me:key@node.example.com/v1", true],
  ["wss://10.0.0.1@node.example.com", true],
  ["wss://entrypoint-finney.opentensor.ai:443", true],
  ["nonsense", true],
])("the endpoint %s may be somebody else's: %s", (endpoint, expected) => {
  expect(isPublicEndpoint(endpoint)).toBe(expected);
});

test("known public nodes are asked once a second, others ten times", () => {
  expect(defaultRequestsPerMinute("wss://LITE.chain.opentensor.ai:443")).toBe(60);
  expect(defaultRequestsPerMinute("ws://127.0.0.1:9944")).toBe(600);
});

test("the host is the one that is dialled, whatever the address", () => {
  fc.assert(
    fc.property(fc.webUrl({ validSchemes: ["ws", "wss"], withQueryParameters: true }), (url) => {
      expect(hostOf(url)).toBe(new URL(url).hostname.toLowerCase());
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => typeof hostOf(text) === "string"));
});
