import { fillTemplate } from "../../core/challenge/fill-template.ts";
import type { RandomStream } from "../../core/determinism/random.ts";
import type { GeneralGenerators, VerifiableName } from "./manifest-shape.ts";

export interface DrawnQuestion {
  readonly prompt: string;
  readonly expected: string | null;
  readonly maxTokens: number;
}

type Generator = (stream: RandomStream, data: GeneralGenerators) => DrawnQuestion;

/** The draws and their order are specified in docs/bundle.md part C; each line that draws is one step there. */
export const verifiableGenerators: Readonly<Record<VerifiableName, Generator>> = {
  arithmetic: (stream, data) => {
    const { arithmetic } = data;
    const start = stream.between(...arithmetic.start);
    const count = stream.between(...arithmetic.count);
    let value = start;
    const lines: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const step = stream.pick(arithmetic.steps);
      const operand = stream.between(...step.operand);
      value = applied(value, step.verb, operand);
      lines.push(fillTemplate(step.text, { n: String(operand) }));
    }
    const prompt = fillTemplate(arithmetic.prompt, { start: String(start), steps: lines.join(" ") });
    return { prompt, expected: String(value), maxTokens: arithmetic.maxTokens };
  },

  sorting: (stream, data) => {
    const count = stream.between(...data.sorting.count);
    const chosen = stream.shuffle(data.words).slice(0, count);
    const prompt = fillTemplate(data.sorting.prompt, { words: chosen.join(", ") });
    return { prompt, expected: chosen.toSorted().join(","), maxTokens: data.sorting.maxTokens };
  },

  counting: (stream, data) => {
    const count = stream.between(...data.counting.count);
    const line = stream.shuffle(data.words).slice(0, count).join(" ");
    const letter = stream.pick(data.counting.letters);
    const prompt = fillTemplate(data.counting.prompt, { letter, line });
    return { prompt, expected: String(line.split(letter).length - 1), maxTokens: data.counting.maxTokens };
  },

  lookup: (stream, data) => {
    const { lookup } = data;
    const count = stream.between(...lookup.rows);
    const cities = stream.shuffle(lookup.cities).slice(0, lookup.cityCount);
    const orders = stream
      .shuffle(lookup.names)
      .slice(0, count)
      .map((name) => ({ name, city: stream.pick(cities), amount: stream.between(...lookup.amount) }));
    const { city } = stream.pick(orders);
    const total = orders.reduce((sum, order) => (order.city === city ? sum + order.amount : sum), 0);
    const rows = orders.map((order) => fillTemplate(lookup.row, { ...order, amount: String(order.amount) }));
    const prompt = fillTemplate(lookup.prompt, { rows: rows.join("\n"), city });
    return { prompt, expected: String(total), maxTokens: lookup.maxTokens };
  },

  reversal: (stream, data) => {
    const count = stream.between(...data.reversal.count);
    const text = stream.shuffle(data.words).slice(0, count).join("");
    const expected = text.split("").toReversed().join("").toUpperCase();
    return { prompt: fillTemplate(data.reversal.prompt, { text }), expected, maxTokens: data.reversal.maxTokens };
  },
};

function applied(value: number, verb: "add" | "subtract" | "multiply", operand: number): number {
  switch (verb) {
    case "add":
      return value + operand;
    case "subtract":
      return value - operand;
    case "multiply":
      return value * operand;
  }
}
