import type { RandomStream } from "../../core/determinism/random.ts";

/** A question with one right answer, solved by reading it; `spoil` makes a plausible wrong one. */
export interface Solution {
  readonly answer: string;
  /** One sentence of working, for the text in front of the answer. */
  readonly working: string;
  spoil(random: RandomStream): string;
}

type Solver = (prompt: string) => Solution | undefined;

/** The first solver that understands the prompt; undefined when none does. */
export function solve(prompt: string): Solution | undefined {
  for (const solver of [arithmetic, sorting, counting, lookup, reversal]) {
    const solution = solver(prompt);
    if (solution !== undefined) return solution;
  }
  return undefined;
}

const arithmetic: Solver = (prompt) => {
  const start = /\bstart with (\d+)/i.exec(prompt)?.[1];
  if (start === undefined) return undefined;
  let value = BigInt(start);
  for (const [, verb = "", number = "0"] of prompt.matchAll(/\b(add|subtract|multiply(?: it)? by) (\d+)/gi)) {
    const operand = BigInt(number);
    if (/^add/i.test(verb)) value += operand;
    else if (/^sub/i.test(verb)) value -= operand;
    else value *= operand;
  }
  return numeric(value, `Step by step from ${start} the result follows.`);
};

const counting: Solver = (prompt) => {
  const [, letter, line] = /the letter "(.)" occur in the following line\?\n(.+)/i.exec(prompt) ?? [];
  if (letter === undefined || line === undefined) return undefined;
  return numeric(BigInt(line.split(letter).length - 1), `I went through the line and counted every "${letter}".`);
};

const lookup: Solver = (prompt) => {
  const city = /of all orders from (.+?)\?/.exec(prompt)?.[1];
  if (city === undefined) return undefined;
  const rows = prompt.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const amounts = rows
    .filter((cells) => cells.length === 3 && cells[1] === city)
    .map((cells) => BigInt(cells[2] ?? "0"));
  const sum = amounts.reduce((total, amount) => total + amount, 0n);
  return numeric(sum, `There are ${amounts.length} orders from ${city}.`);
};

function numeric(value: bigint, working: string): Solution {
  return {
    answer: String(value),
    working,
    spoil: (random) => {
      const off = BigInt(random.between(1, value > 50n ? 40 : 3));
      return String(random.below(2) === 0 && value > off ? value - off : value + off);
    },
  };
}

const sorting: Solver = (prompt) => {
  const list = /sort these words alphabetically: (.+)/i.exec(prompt)?.[1];
  if (list === undefined) return undefined;
  const sorted = (list.match(/[\p{L}-]+/gu) ?? []).toSorted();
  return {
    answer: sorted.join(","),
    working: "I compared the words letter by letter.",
    spoil: (random) => swapAt(sorted, random).join(","),
  };
};

const reversal: Solver = (prompt) => {
  const text = /backwards and in capitals: (.+)/i.exec(prompt)?.[1];
  if (text === undefined) return undefined;
  const letters = (text.match(/\p{L}/gu) ?? []).toReversed().map((letter) => letter.toUpperCase());
  return {
    answer: letters.join(""),
    working: "I read the letters from the last to the first.",
    spoil: (random) => swapAt(letters, random).join(""),
  };
};

/** Two different neighbours change places; without such a pair the last item is lost. */
function swapAt(items: readonly string[], random: RandomStream): string[] {
  const places = items.map((_, index) => index).filter((index) => index > 0 && items[index - 1] !== items[index]);
  if (places.length === 0) return items.slice(0, -1);
  const at = random.pick(places);
  return items.map((item, index) => {
    if (index === at - 1) return items[at] ?? item;
    return index === at ? (items[at - 1] ?? item) : item;
  });
}
