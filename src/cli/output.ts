import { EXIT_CODES, type Fault, ValidatorError } from "../core/model/fault.ts";
import { Stopped } from "./lifecycle.ts";
import type { ErrorShape } from "./machine-types.ts";

/** Where a command's words go: one JSON document as the last line of stdout, everything else to stderr (DESIGN §6). */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** One line for people: stdout, or nowhere when the output is JSON. */
  say(text: string): void;
  /** The document for programs; printed only with `--json`. */
  document(value: unknown): void;
}

export function outputFor(options: { readonly json: boolean; readonly quiet: boolean }): Output {
  return {
    ...options,
    say: (text) => {
      if (!options.json && !options.quiet) process.stdout.write(`${printable(text)}\n`);
    },
    document: (value) => {
      if (options.json) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
  };
}

/**
 * One line for a terminal: control characters, line ends and marks of writing direction in strangers' texts are shown, not
 * obeyed, so that no file can forge a line of ours.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not reach a terminal.
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Prints what went wrong, on both streams as DESIGN §6 says, and returns the exit code of DESIGN §5. */
export function reportError(error: unknown, json: boolean): number {
  if (error instanceof Stopped) {
    const remedy = "What was bought is on disk: start it again and it goes on from there.";
    errorDocument({ code: "stopped", message: error.message, blame: "nobody", remedy }, json);
    process.stderr.write(`${error.message} ${remedy}\n`);
    return error.exitCode;
  }
  const known = asValidatorError(error);
  errorDocument(known, json);
  process.stderr.write(`${printable(`${known.message} ${known.remedy}`)}\n`);
  return EXIT_CODES[known.exit];
}

/** The document of an error whose sentences stand on stderr already, or are about to. */
export function errorDocument({ blame, code, message, remedy }: ErrorShape["error"], json: boolean): void {
  const shape: ErrorShape = { error: { code, message, blame, remedy } };
  if (json) process.stdout.write(`${JSON.stringify(shape)}\n`);
}

/** Everything unforeseen is ours: exit 70, with the stack for whoever repairs it. */
function asValidatorError(error: unknown): ValidatorError {
  if (error instanceof ValidatorError) return error;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  for (const line of stack.split("\n")) process.stderr.write(`${printable(line)}\n`);
  return new ValidatorError("Touchstone met something it does not know.", {
    exit: "internal",
    code: "internal",
    blame: "validator",
    remedy: "Nothing was lost: start it again. If it comes back, report it with the lines above.",
    cause: error,
  });
}

/** A Fault that ends a command becomes its error. */
export function faultError(fault: Fault): ValidatorError {
  return new ValidatorError(fault.message, {
    exit: "internal",
    code: fault.code,
    blame: fault.blame,
    remedy: fault.remedy,
  });
}
