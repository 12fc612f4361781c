import { nearestName } from "../adapters/system/nearest-name.ts";
import { findRefusals, refusalNames } from "../core/chain/refusals-search.ts";
import { EXIT_CODES, FAULT_CODES, ValidatorError } from "../core/model/fault.ts";
import { REVEAL_CAUSES, WITHHOLD_REASONS } from "../core/model/records.ts";
import { findOwnErrors } from "./explain-own-errors.ts";
import { PROGRAM_ERRORS } from "./explain-program-errors.ts";
import type { ExplainErrorShape } from "./machine-types.ts";
import type { Output } from "./output.ts";

/**
 * Prints what an error of the chain, of a node, of a gateway or of this program means and what to do.
 * @throws ValidatorError `error-unknown` (exit configuration), with the nearest names.
 */
export function explainError(query: string, output: Output): number {
  const shape: ExplainErrorShape = {
    query,
    errors: [
      ...findRefusals(query).map(({ name, source, refusal }) => ({ name, source, ...refusal })),
      ...findOwnErrors(query).map((error) => ({ ...error, source: "touchstone" as const })),
    ],
  };
  if (shape.errors.length === 0) throw unknownError(query);
  for (const error of shape.errors) for (const line of lines(error)) output.say(line);
  output.document(shape);
  return EXIT_CODES.done;
}

function lines({ name, source, class: kind, blame, message, remedy }: ExplainErrorShape["errors"][number]): string[] {
  const what = kind === undefined ? [] : [`to do: ${kind}`];
  return [`${name} (${[`from: ${source}`, `fault: ${blame}`, ...what].join("; ")})`, `  ${message}`, `  ${remedy}`];
}

const MOST_NAMES = 3;
const LONGEST_SHOWN = 80;

function unknownError(query: string): ValidatorError {
  const near = nearestNames(query);
  const hint = near.length === 0 ? "Give" : `Did you mean ${near.join(", ")}? Otherwise give`;
  return new ValidatorError(`The dictionary has no error "${query.slice(0, LONGEST_SHOWN)}".`, {
    exit: "configuration",
    code: "error-unknown",
    blame: "validator",
    remedy: `${hint} the name or the code as the log has it, such as SettingWeightsTooFast, "Custom error: 6" or 1014.`,
  });
}

/** The names one may have meant: the nearest ones, then those that contain what was given. */
function nearestNames(query: string): readonly string[] {
  const given = query.trim().replace(/^subtensormodule\./i, "");
  const names = [...refusalNames(), ...FAULT_CODES, ...WITHHOLD_REASONS, ...REVEAL_CAUSES, ...PROGRAM_ERRORS];
  const near: string[] = [];
  while (near.length < MOST_NAMES) {
    const next = nearestName(
      given,
      names.filter((name) => !near.includes(name)),
    );
    if (next === undefined) break;
    near.push(next);
  }
  const containing = names.filter((name) => given.length > 2 && name.toLowerCase().includes(given.toLowerCase()));
  return [...new Set([...near, ...containing])].slice(0, MOST_NAMES);
}
