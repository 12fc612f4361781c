import { ValidatorError } from "../core/model/fault.ts";
import { type ChutesFault, checkChutesFaults } from "./chutes/fault-rules.ts";
import type { NodeFault } from "./node/faults.ts";

/** The rules of a faults file or of `POST /faults`, by target. */
export interface FaultList {
  readonly node: readonly NodeFault[];
  readonly chutes: readonly ChutesFault[];
}

const FIELDS = new Set(["target", "match", "kind", "from", "count", "probability", "value"]);

/**
 * Reads a list of fault rules (DESIGN §6). What only the node can know is left to its own check.
 * @throws ValidatorError (exit `configuration`) with the number of the rule and what is wrong with it.
 */
export function readFaultList(value: unknown): FaultList {
  if (!Array.isArray(value)) throw refused("the list of faults is no array", "send an array of rules, [] to clear");
  const node: NodeFault[] = [];
  const chutes: ChutesFault[] = [];
  for (const [index, rule] of (value as readonly unknown[]).entries()) {
    if (typeof rule !== "object" || rule === null)
      throw refused(`fault rule ${index} is no object`, "give each rule target, match and kind");
    const unknown = Object.keys(rule).find((field) => !FIELDS.has(field));
    if (unknown !== undefined) {
      throw refused(`fault rule ${index} has an unknown field "${unknown}"`, `use ${[...FIELDS].join(", ")}`);
    }
    const { target } = rule as { target?: unknown };
    // The fields' values are checked by the target's own plan before anything is changed.
    if (target === "node") node.push(rule as NodeFault);
    else if (target === "chutes") chutes.push(rule as ChutesFault);
    else throw refused(`fault rule ${index} has no known target`, 'use "node" or "chutes"');
  }
  checkChutesFaults(chutes);
  return { node, chutes };
}

function refused(message: string, remedy: string): ValidatorError {
  return new ValidatorError(message, { exit: "configuration", code: "fault-rule-invalid", blame: "validator", remedy });
}
