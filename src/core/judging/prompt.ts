import { fillTemplate } from "../challenge/fill-template.ts";
import { canonicalJson } from "../determinism/canonical.ts";
import { taggedDigest, toHex } from "../determinism/digest.ts";
import type { RandomStream } from "../determinism/random.ts";
import type { Digest } from "../model/ids.ts";
import type { JudgeRules, Task } from "../model/pack.ts";

/** In the shape of the chat request, and of the port that sends it. */
export interface JudgeMessage {
  readonly role: "system" | "user";
  readonly content: string;
}

export interface PromptFacts {
  readonly task: Task;
  /** Already sanitised. */
  readonly answer: string;
  readonly rules: JudgeRules;
  /** The letter of each verdict, in the order of the rules' verdicts. */
  readonly letters: readonly string[];
  readonly fence: string;
}

/** Rules and table to the system, data fenced in the user's message, and after it what is asked, once more. */
export function judgeMessages(facts: PromptFacts): readonly [JudgeMessage, JudgeMessage] {
  const { task, answer, rules, letters, fence } = facts;
  const table = rules.verdicts.map(({ name, meaning }, index) => `${letters[index]} = ${name}: ${meaning}`).join("\n");
  // In the order of the rules, which says nothing about the table.
  const choice = rules.letters.filter((letter) => letters.includes(letter)).join(", ");
  return [
    { role: "system", content: fillTemplate(rules.system, { table, letters: choice }) },
    { role: "user", content: fillTemplate(rules.user, { task: task.prompt, fence, answer, letters: choice }) },
  ];
}

/** What a judgement records of the messages. */
export function promptDigest(messages: readonly JudgeMessage[]): Digest {
  return taggedDigest("touchstone/prompt/v1", canonicalJson(messages));
}

const FENCE_BYTES = 16;

/** 32 hexadecimal digits that do not occur in the data, whatever the case of its letters: drawn again until they do not. */
export function fenceOutside(stream: RandomStream, data: string): string {
  const haystack = data.toLowerCase();
  for (;;) {
    const fence = toHex(stream.bytes(FENCE_BYTES)).slice(2);
    if (!haystack.includes(fence)) return fence;
  }
}
