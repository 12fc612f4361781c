import { describe, expect, test } from "vitest";
import type { Digest } from "../../../src/core/model/ids.ts";
import { speak, type Voice } from "../../../src/localnet/chutes/miner-model.ts";
import { localSeed } from "../../../src/localnet/population.ts";
import { generalPack } from "../../../src/packs/general/general-pack.ts";

const seed = localSeed(1);
const digest = (index: number): Digest => `0x${index.toString(16).padStart(64, "0")}`;
const say = (voice: Partial<Voice>, prompt: string): string =>
  speak(seed, { label: "uid 1", quality: 1, kind: "honest", ...voice }, [{ role: "user", content: prompt }]).text;
const tasks = Array.from({ length: 12 }, (_, index) =>
  generalPack.draw({ publicSeed: digest(index), secretSeed: digest(index + 1000), verifiable: 10, judged: 0 }),
).flat();
const shareRight = (quality: number): number =>
  tasks.filter((task) => generalPack.verify(task, say({ quality }, task.prompt)) === 1).length / tasks.length;

describe("simulated miners work on the text alone", () => {
  test("a perfect one solves every kind of verifiable task of the general pack", () => {
    const kinds = new Set(tasks.map((task) => task.generator));
    const wrong = new Map([...kinds].map((kind) => [kind, 0]));
    for (const task of tasks) {
      if (generalPack.verify(task, say({}, task.prompt)) === 0)
        wrong.set(task.generator, wrong.get(task.generator)! + 1);
    }
    // Right with probability 0.98: a generator that is not understood fails always.
    expect(Math.max(...wrong.values())).toBeLessThanOrEqual(4);
    expect(kinds.size).toBe(5);
  });

  test("right answers follow quality: 0.15 + 0.83 q", () => {
    for (const quality of [0, 0.5, 1])
      expect(Math.abs(shareRight(quality) - (0.15 + 0.83 * quality))).toBeLessThan(0.12);
  });

  test("the same question has the same answer; another voice may have another", () => {
    const prompt = tasks[0]!.prompt;
    expect(say({ quality: 0.5 }, prompt)).toBe(say({ quality: 0.5 }, prompt));
    const answers = new Set(
      Array.from({ length: 20 }, (_, index) => say({ label: `uid ${index}`, quality: 0.5 }, prompt)),
    );
    expect(answers.size).toBeGreaterThan(1);
  });

  test("only the last user message counts", () => {
    const voice = { label: "uid 1", quality: 0.5, kind: "honest" } as const;
    const alone = speak(seed, voice, [{ role: "user", content: "Tell me about rivers." }]);
    const after = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Something else." },
      { role: "assistant", content: "Yes." },
      { role: "user", content: "Tell me about rivers." },
    ];
    expect(speak(seed, voice, after)).toEqual(alone);
    expect(speak(seed, voice, []).text).not.toBe("");
  });

  test("a slow one takes seconds, an honest one does not", () => {
    const latency = (kind: Voice["kind"]) =>
      speak(seed, { label: "uid 1", quality: 1, kind }, [{ role: "user", content: "x" }]).latencyMs;
    expect(latency("slow")).toBeGreaterThanOrEqual(1500);
    expect(latency("honest")).toBeLessThanOrEqual(80);
  });

  test("an injecting one speaks to the judge, in open tasks only", () => {
    const open = generalPack.draw({ publicSeed: digest(1), secretSeed: digest(2), verifiable: 0, judged: 8 });
    for (const task of open) {
      expect(say({ kind: "inject", quality: 0.1 }, task.prompt)).toMatch(/grad|verdict/i);
      expect(say({ kind: "honest", quality: 0.9 }, task.prompt)).not.toMatch(/grad(?:e|ing)|verdict/i);
    }
    expect(say({ kind: "inject" }, tasks[0]!.prompt)).not.toMatch(/grad|verdict/i);
  });
});
