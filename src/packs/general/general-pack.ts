import { randomStream } from "../../core/determinism/random.ts";
import type { Pack, Task, TaskDraw } from "../../core/model/pack.ts";
import { generalManifest } from "./manifest.ts";
import type { GeneralManifest } from "./manifest-shape.ts";
import { openPrompt } from "./open-prompt.ts";
import { readAnswer } from "./read-answer.ts";
import { verifiableGenerators } from "./verifiable-generators.ts";

/** The algorithms of the general pack over the data of one manifest. */
function packOver(manifest: GeneralManifest): Pack {
  return {
    manifest,
    draw: (draw) => [...drawVerifiable(manifest, draw), ...drawJudged(manifest, draw)],
    verify: (task, text) => (task.expected !== null && readAnswer(text) === task.expected ? 1 : 0),
  };
}

export const generalPack: Pack = packOver(generalManifest);

function drawVerifiable({ generators }: GeneralManifest, draw: TaskDraw): Task[] {
  return positions(draw.verifiable).map((index) => {
    const generator = rotated(generators.rotation.verifiable, index);
    const stream = randomStream(draw.secretSeed, `task/verifiable/${index}`);
    const question = verifiableGenerators[generator](stream, generators);
    return { id: taskId(index), channel: "verifiable", generator, ...question };
  });
}

/** The stream's label counts within the channel, so that validators with another mix of tasks still share the prompts. */
function drawJudged({ generators }: GeneralManifest, draw: TaskDraw): Task[] {
  return positions(draw.judged).map((index) => {
    const generator = rotated(generators.rotation.judged, index);
    const stream = randomStream(draw.publicSeed, `task/judged/${index}`);
    const question = openPrompt(stream, generators[generator]);
    return { id: taskId(draw.verifiable + index), channel: "judged", generator, ...question };
  });
}

function positions(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function rotated<T>(items: readonly T[], index: number): T {
  return items[index % items.length] as T;
}

function taskId(position: number): string {
  return `t${String(position).padStart(2, "0")}`;
}
