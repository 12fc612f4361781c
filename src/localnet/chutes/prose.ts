import type { RandomStream } from "../../core/determinism/random.ts";
import type { OpenTask } from "./reading.ts";

/** Writing at a given quality in [0, 1]: coverage of facts, number of sentences, form and fluency all follow it. */

const OPENERS = [
  "It helps to begin with {subject}.",
  "The matter of {subject} is easier to see with a few figures.",
  "Anyone who asks about {subject} should look at the facts first.",
  "Here is what matters about {subject}.",
  "There is a simple way to think about {subject}.",
];
const LINKS = [
  "",
  "To be exact, ",
  "In practice, ",
  "It also counts that ",
  "At the same time, ",
  "Beyond that, ",
  "Remember that ",
];
const FILLERS = [
  "Together these points show why care and good planning pay off over the years.",
  "Each of these figures can be checked, and each of them changes what is sensible.",
  "Small differences add up, so it is worth looking at them one after the other.",
  "None of this is difficult once the numbers stand side by side.",
  "That is how the parts fit together in everyday life.",
];
const CLOSERS = [
  "My clear recommendation is to follow these numbers and to decide accordingly now.",
  "I therefore recommend to act on these figures this year and to review the choice after twelve months.",
  "So the recommendation is clear: take the option that these numbers favour, and begin soon.",
];
const DRIFT = [
  "Many people like to talk about such things on a long evening.",
  "The weather has been changeable lately, as everybody knows.",
  "Opinions differ, and that is quite all right.",
  "Some say one thing and some say another thing.",
  "It is what it is and it will be what it will be.",
];

/** True with probability `share`, in steps of a thousandth. */
export function happens(random: RandomStream, share: number): boolean {
  return random.below(1000) < Math.round(share * 1000);
}

/** A paragraph for an open task. */
export function writeParagraph(task: OpenTask, quality: number, random: RandomStream): string {
  const subject = task.subject.endsWith("?") ? `the question "${task.subject.slice(0, -1)}"` : task.subject;
  const facts = task.facts.flatMap((fact) => tellFact(fact, quality, random));
  const wanted = Math.max(1, (task.sentences ?? 5) + sentenceSlip(quality, random));
  const advice = task.subject.endsWith("?");
  const body = [random.pick(OPENERS).replace("{subject}", subject), ...facts];
  const closing = advice && happens(random, 0.3 + 0.7 * quality) ? [random.pick(CLOSERS)] : [];
  const pool = random.shuffle(FILLERS);
  while (body.length + closing.length < wanted) body.push(fill(pool, quality, random));
  // Too many sentences: the opening goes first, then facts are joined, as a writer would.
  const spare = body.length + closing.length - wanted;
  const text = spare > 0 ? joinSentences(body, spare) : body;
  return dress([...text, ...closing], quality, random);
}

/** A text about nothing in particular, for prompts that are not understood. */
export function writeGeneric(prompt: string, quality: number, random: RandomStream): string {
  const topic = prompt.split(/\s+/).slice(0, 8).join(" ");
  const sentences = Array.from({ length: random.between(2, 4) }, () =>
    random.pick(happens(random, quality) ? FILLERS : DRIFT),
  );
  return [`About "${topic}" the following can be said.`, ...sentences].join(" ");
}

/** Mostly told rightly; a weak writer leaves a fact out or gets its number wrong. */
function tellFact(fact: string, quality: number, random: RandomStream): string[] {
  if (!happens(random, 0.4 + 0.59 * quality)) {
    if (happens(random, 0.5)) return [];
    return [
      link(
        fact.replace(/\d+/, (number) => String(Number(number) + random.between(3, 90))),
        random,
      ),
    ];
  }
  return [link(fact, random)];
}

function link(fact: string, random: RandomStream): string {
  const opening = random.pick(LINKS);
  const lowered = /^(?:The|A|An|It|Its|In|One|Of)\b/.test(fact) ? fact.charAt(0).toLowerCase() + fact.slice(1) : fact;
  return opening === "" ? fact : `${opening}${lowered}`;
}

function sentenceSlip(quality: number, random: RandomStream): number {
  if (happens(random, 0.35 + 0.63 * quality)) return 0;
  const off = happens(random, 0.6) ? 1 : random.between(2, 3);
  return happens(random, 0.5) ? off : -off;
}

function fill(pool: string[], quality: number, random: RandomStream): string {
  if (happens(random, 0.25 + 0.7 * quality)) return pool.pop() ?? random.pick(FILLERS);
  return random.pick(DRIFT);
}

/** Makes `count` sentences fewer by joining neighbours with a semicolon. */
function joinSentences(sentences: readonly string[], count: number): string[] {
  const result = [...sentences];
  for (let left = count; left > 0 && result.length > 1; left -= 1) {
    const last = result.pop() ?? "";
    const before = result.pop() ?? "";
    result.push(`${before.replace(/[.!?]$/, "")}; ${last.charAt(0).toLowerCase()}${last.slice(1)}`);
  }
  return result;
}

/** Form: one plain paragraph, or, from a weak writer, a greeting or a list. */
function dress(sentences: readonly string[], quality: number, random: RandomStream): string {
  if (happens(random, 0.45 + 0.54 * quality)) return sentences.join(" ");
  return happens(random, 0.5) ? `Hello! ${sentences.join(" ")}` : sentences.map((line) => `- ${line}`).join("\n");
}
