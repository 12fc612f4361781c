import { ValidatorError } from "../../core/model/fault.ts";
import type { Digest } from "../../core/model/ids.ts";
import { FaultCounter } from "../fault-counter.ts";

/** The kinds of misfortune this node can be told to have. */
const NODE_FAULT_KINDS = [
  "drop",
  "delay",
  "half-open",
  "error",
  "truncate",
  "wrong",
  "close",
  "status",
  "lag",
  "fork",
] as const;
export type NodeFaultKind = (typeof NODE_FAULT_KINDS)[number];

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
 * | `wrong`     | the answer of a read is well-formed but not so: storage null, calls and heads `value` blocks old (default 10) |
 * | `close`     | the socket is closed with WebSocket code `value` (default 1008); the request is not carried out |
 * | `status`    | `match` must be `handshake`: the WebSocket handshake is answered with HTTP `value` (default 429), Retry-After and X-RateLimit headers |
 * | `lag`       | finality stands still for `value` blocks (default 10); counts produced blocks, not requests     |
 * | `fork`      | the last `value` blocks (default 1) that are not final get siblings; counts produced blocks     |
 */
export interface NodeFault {
  readonly target: "node";
  /** A JSON-RPC method, `*` for all of them, or `handshake` (kinds `status` and `close`); no meaning for `lag` and `fork`. */
  readonly match: string;
  readonly kind: NodeFaultKind;
  readonly from?: number;
  readonly count?: number;
  readonly probability?: number;
  readonly value?: number;
}

/** What `match` calls the opening of a connection. */
const HANDSHAKE = "handshake";
const OF_BLOCKS: ReadonlySet<string> = new Set(["lag", "fork"]);

/** The rules in force. */
export class FaultPlan {
  readonly #counter: FaultCounter<NodeFault>;
  readonly #happened = new Map<NodeFaultKind, number>();

  constructor(seed: Digest) {
    this.#counter = new FaultCounter(seed, "localnet/node/faults");
  }

  /** Replaces all rules; an empty list clears. @throws ValidatorError for a rule this node cannot follow. */
  set(rules: readonly NodeFault[]): void {
    for (const [index, rule] of rules.entries()) check(rule, index);
    this.#counter.set(rules);
  }

  /** How often each kind has acted since the node started. */
  get happened(): Readonly<Partial<Record<NodeFaultKind, number>>> {
    return Object.fromEntries(this.#happened);
  }

  onRequest(method: string): NodeFault | undefined {
    return this.#first(
      (rule) => !OF_BLOCKS.has(rule.kind) && (rule.match === "*" || rule.match === method) && rule.kind !== "status",
    );
  }

  /** Asked before a client is let in. */
  onHandshake(): NodeFault | undefined {
    return this.#first(({ match, kind }) => match === HANDSHAKE && !OF_BLOCKS.has(kind));
  }

  /** Blocks for which finality stands still from this block on, and depth of the fork before it; 0 for none. */
  onBlock(): { readonly lag: number; readonly fork: number } {
    const lag = this.#first((rule) => rule.kind === "lag");
    const fork = this.#first((rule) => rule.kind === "fork");
    return { lag: lag === undefined ? 0 : (lag.value ?? 10), fork: fork === undefined ? 0 : (fork.value ?? 1) };
  }

  #first(matches: (rule: NodeFault) => boolean): NodeFault | undefined {
    const rule = this.#counter.first(matches);
    if (rule !== undefined) this.#happened.set(rule.kind, (this.#happened.get(rule.kind) ?? 0) + 1);
    return rule;
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
  checkKind(rule, index);
  const { probability } = rule;
  if (probability !== undefined && !(probability >= 0 && probability <= 1)) {
    refuse(index, `probability is ${probability}`, "give a number from 0 to 1");
  }
}

/** What goes with what, and only codes that can be sent. */
function checkKind({ kind, match, value }: NodeFault, index: number): void {
  const fits = match === HANDSHAKE ? kind === "status" || kind === "close" : kind !== "status";
  if (!fits) {
    const remedy = "at the handshake there are status and close, elsewhere no status";
    refuse(index, `kind "${kind}" does not go with match "${match}"`, remedy);
  }
  if (value === undefined) return;
  const sent = value === 1000 || (value >= 1007 && value <= 1011) || (value >= 3000 && value <= 4999);
  if (kind === "close" && !sent) refuse(index, `value is ${value}`, "give a WebSocket close code, e.g. 1008");
  if (kind === "status" && !(value >= 400 && value <= 599))
    refuse(index, `value is ${value}`, "give an HTTP status, e.g. 429");
  if (kind === "fork" && value < 1) refuse(index, `value is ${value}`, "give a depth of at least one block");
}

function refuse(index: number, what: string, remedy: string): never {
  throw new ValidatorError(`fault rule ${index}: ${what}`, {
    exit: "configuration",
    code: "fault-rule-invalid",
    blame: "validator",
    remedy,
  });
}
