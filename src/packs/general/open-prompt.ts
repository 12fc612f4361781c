import { fillTemplate } from "../../core/challenge/fill-template.ts";
import type { RandomStream } from "../../core/determinism/random.ts";
import type { OpenPrompt } from "./manifest-shape.ts";
import type { DrawnQuestion } from "./verifiable-generators.ts";

/** An open prompt with fresh facts; the draws in their order are specified in docs/bundle.md part C. */
export function openPrompt(stream: RandomStream, data: OpenPrompt): DrawnQuestion {
  const subject = stream.pick(data.subjects);
  const audience = stream.pick(data.audiences);
  const sentences = stream.between(...data.sentences);
  const place = stream.pick(data.places);
  const facts = stream
    .shuffle(subject.facts)
    .slice(0, data.factCount)
    .map((fact, index) => {
      const text = fillTemplate(fact.text, { n: String(stream.between(...fact.n)), place });
      return `${index + 1}. ${text}`;
    });
  const prompt = fillTemplate(data.prompt, {
    subject: subject.text,
    audience,
    sentences: String(sentences),
    facts: facts.join("\n"),
  });
  return { prompt, expected: null, maxTokens: data.maxTokens };
}
