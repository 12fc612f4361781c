import { ValidatorError } from "../../core/model/fault.ts";
import type { Digest } from "../../core/model/ids.ts";
import { FaultCounter } from "../fault-counter.ts";

/** The kinds of misfortune this node can be told to have. */
const NODE_FAULT_KINDS = ["drop", "delay", "half-open", "error", "truncate", "lag"] as const;
type NodeFaultKind = (typeof NODE_FAULT_KINDS)[number];

/**
 * One rule (DESIGN §6, `/faults`). Requests that match are counted from 0 per rule since it was set; the rule acts on
 * request `from` and later, at most `count` times, each time with `probability` (by the seed).
 *
 * | kind        | effect                                                                                         |
 * | ----------- | ---------------------------------------------------------------------------------------------- |
 * | `drop`      | the socket is cut; `value` 1: after the request was carried out (its answer is lost), else before |
 * | `half-open` | the socket stays up and says nothing more; `value` as for `drop`                                |
 * | `delay`     | the answer, and all after it on this socket, waits `value` ms (default 1000)                    |
 * | `error`     | JSON-RPC error with code `value` (default -32603); the request is not carried out               |
 * | `truncate`  | carried out, half of the answer's text is sent                                                  |
 * | `lag`       | finality stands still for `value` blocks (default 10); counts produced blocks, not requests     |
 */
export interface NodeFault {
  readonly target: "node";
  /** A JSON-RPC method, or `*`; of no meaning for `lag`. */
  readonly match: string;
  readonly kind: NodeFaultKind;
  readonly from?: number;
  readonly count?: number;
  readonly probability?: number;
  readonly value?: number;
}

/** The rules in force. */
export class FaultPlan {
  readonly #counter: FaultCounter<NodeFault>;

  constructor(seed: Digest) {
    this.#counter = new FaultCounter(seed, "localnet/node/faults");
  }

  /** Replaces all rules; an empty list clears. @throws ValidatorError for a rule this node cannot follow. */
  set(rules: readonly NodeFault[]): void {
    for (const [index, rule] of rules.entries()) check(rule, index);
    this.#counter.set(rules);
  }

  onRequest(method: string): NodeFault | undefined {
    return this.#counter.first((rule) => rule.kind !== "lag" && (rule.match === "*" || rule.match === method));
  }

  /** Blocks for which finality stands still from this block on, 0 for none. */
  onBlock(): number {
    const lag = this.#counter.first((rule) => rule.kind === "lag");
    return lag === undefined ? 0 : (lag.value ?? 10);
  }
}

const WHOLE = ["from", "count", "value"] as const;

function check(rule: NodeFault, index: number): void {
  if (!NODE_FAULT_KINDS.includes(rule.kind)) {
    refuse(
      index,
      `kind "${rule.kind}" is not known to the simulated node`,
      `use one of ${NODE_FAULT_KINDS.join(", ")}`,
    );
  }
  if (typeof rule.match !== "string") refuse(index, "match is missing", "name a JSON-RPC method, or * for all");
  for (const name of WHOLE) {
    const value = rule[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && (value >= 0 || name === "value"))) {
      refuse(index, `${name} is ${value}`, "give a whole number");
    }
  }
  const { probability } = rule;
  if (probability !== undefined && !(probability >= 0 && probability <= 1)) {
    refuse(index, `probability is ${probability}`, "give a number from 0 to 1");
  }
}

function refuse(index: number, what: string, remedy: string): never {
  throw new ValidatorError(`fault rule ${index}: ${what}`, {
    exit: "configuration",
    code: "fault-rule-invalid",
    blame: "validator",
    remedy,
  });
}
