import { type Document, isScalar, type LineCounter, Scalar, visit } from "yaml";
import { type Located, lineOf } from "./config-problem.ts";
import { looksSecret } from "./secret-text.ts";
import type { Environment } from "./secrets.ts";

export interface Expansion {
  readonly problems: readonly Located[];
  /** What the file says where a variable was put in, e.g. `wss://node/${TOKEN}`. */
  readonly written: ReadonlyMap<Scalar, string>;
}

const REFERENCE = /\$\{([^}]*)\}?/g;
const WHOLE = /^\$\{\w+\}$/;
const NAME = /^[A-Za-z_]\w{0,127}$/;
const NUMBER = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,20})?$/;

/**
 * Puts the values of environment variables in for `${NAME}`, in values and nowhere else: the file is parsed before, so
 * whatever a variable holds stays the text of its one value. Only a bare `name: ${NAME}` may become a number. Texts that are
 * secrets by their look are refused here, however they came in: no field of this file holds one.
 */
export function expandVariables(document: Document.Parsed, lines: LineCounter, env: Environment): Expansion {
  const problems: Located[] = [];
  const written = new Map<Scalar, string>();
  visit(document, {
    Pair: (_key, { key, value }) => {
      if (!isScalar(value) || typeof value.value !== "string") return;
      const line = lineOf(value.range?.[0], lines);
      const before = value.value;
      const text = substituted(before, env, (sentence) => problems.push({ line, sentence }));
      if (text !== before) written.set(value, before);
      value.value = value.type === Scalar.PLAIN && WHOLE.test(before) && NUMBER.test(text) ? Number(text) : text;
      const isHash = isScalar(key) && key.value === "genesis";
      if (!isHash && looksSecret(text)) problems.push({ line, sentence: SECRET });
    },
  });
  return { problems, written };
}

const SECRET =
  "this looks like an API key, a seed or a mnemonic; put it into a file with mode 0600 and name the file here";

function substituted(text: string, env: Environment, problem: (sentence: string) => void): string {
  return text.replaceAll(REFERENCE, (whole, name: string) => {
    if (!whole.endsWith("}") || !NAME.test(name)) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what the file must say.
      problem("between ${ and } must stand the name of an environment variable");
      return whole;
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value === undefined) problem(`the environment variable ${name} is not set`);
    return value ?? whole;
  });
}
