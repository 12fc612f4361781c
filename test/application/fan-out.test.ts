import { describe, expect, test } from "vitest";
import { fanOut, type Job } from "../../src/application/fan-out.ts";

const NEVER = new AbortController().signal;

interface Gated {
  readonly job: Job<string>;
  readonly finish: (how?: Error) => void;
}

/** Jobs that end when the test says so; `started` lists them as they begin. */
function gated(started: string[], name: string): Gated {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const finish = (how?: Error): void => (how === undefined ? resolve(name) : reject(how));
  const job: Job<string> = (signal) => {
    started.push(name);
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    return promise;
  };
  return { job, finish };
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** `count` jobs of a miner that end at once. */
function quick(started: string[], name: string, count: number): readonly Job<string>[] {
  return Array.from({ length: count }, (_, index) => async () => {
    started.push(`${name}${index}`);
    await tick();
    return `${name}${index}`;
  });
}

describe("the places of a fan-out", () => {
  test("go round the miners, and another begins each round", async () => {
    const started: string[] = [];
    await fanOut(
      ["a", "b", "c"].map((name) => quick(started, name, 3)),
      1,
      NEVER,
    );
    expect(started).toEqual(["a0", "b0", "c0", "b1", "c1", "a1", "c2", "a2", "b2"]);
  });

  test("are not taken by a slow miner while others wait", async () => {
    const started: string[] = [];
    const slow = Array.from({ length: 6 }, (_, index) => gated(started, `slow${index}`));
    const lanes = [slow.map(({ job }) => job), quick(started, "b", 6), quick(started, "c", 6)];
    const done = fanOut(lanes, 2, NEVER);
    for (let turns = 0; turns < 30; turns += 1) await tick();
    // One place of two: the others had all their turns meanwhile; then nobody waits and it may have both.
    expect(started.indexOf("slow1")).toBe(started.length - 1);
    expect(started).toHaveLength(14);
    for (const { finish } of slow) finish();
    expect(await done).toHaveLength(18);
  });

  test("are all used while there is work", async () => {
    const started: string[] = [];
    const jobs = Array.from({ length: 5 }, (_, index) => gated(started, `a${index}`));
    const done = fanOut([jobs.map(({ job }) => job)], 3, NEVER);
    await tick();
    expect(started).toEqual(["a0", "a1", "a2"]);
    for (const { finish } of jobs) finish();
    expect(await done).toEqual(["a0", "a1", "a2", "a3", "a4"]);
  });

  test("stay empty for nothing", async () => {
    expect(await fanOut([], 4, NEVER)).toEqual([]);
    expect(await fanOut([[], []], 4, NEVER)).toEqual([]);
  });
});

describe("the end of a fan-out", () => {
  test("comes with the first job that rejects: the others are aborted or dropped, and its reason is given", async () => {
    const started: string[] = [];
    const jobs = Array.from({ length: 5 }, (_, index) => gated(started, `a${index}`));
    const done = fanOut([jobs.map(({ job }) => job)], 2, NEVER);
    await tick();
    jobs[1]?.finish(new Error("the disk is full"));
    await expect(done).rejects.toThrow("the disk is full");
    expect(started).toEqual(["a0", "a1"]);
  });

  test("comes with the caller's abort, and its reason is given", async () => {
    const started: string[] = [];
    const caller = new AbortController();
    const jobs = Array.from({ length: 3 }, (_, index) => gated(started, `a${index}`));
    const done = fanOut([jobs.map(({ job }) => job)], 1, caller.signal);
    await tick();
    caller.abort(new Error("stopped"));
    await expect(done).rejects.toThrow("stopped");
    expect(started).toEqual(["a0"]);
  });

  test("an abort from the beginning starts nothing", async () => {
    const started: string[] = [];
    await expect(fanOut([quick(started, "a", 3)], 1, AbortSignal.abort(new Error("no")))).rejects.toThrow("no");
    expect(started).toEqual([]);
  });
});
