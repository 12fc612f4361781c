import { expect, test } from "vitest";
import { systemClock } from "../../../src/adapters/system/system-clock.ts";
import { systemEntropy } from "../../../src/adapters/system/system-entropy.ts";

const never = new AbortController().signal;

test("a sleep ends by itself", async () => {
  await expect(systemClock().sleep(0, never)).resolves.toBeUndefined();
});

test("an aborted sleep ends with the reason of the signal, before or while it lasts", async () => {
  const reason = new Error("stop");
  await expect(systemClock().sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const sleeping = systemClock().sleep(60_000, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});

test("the monotonic clock does not go back", () => {
  const clock = systemClock();
  const first = clock.monotonic();
  expect(clock.monotonic()).toBeGreaterThanOrEqual(first);
  expect(Number.isInteger(clock.now())).toBe(true);
});

test("entropy has the length asked for and does not repeat", () => {
  const entropy = systemEntropy();
  expect(entropy.bytes(32)).toHaveLength(32);
  expect(entropy.bytes(32)).not.toEqual(entropy.bytes(32));
});
