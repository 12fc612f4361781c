import { type ChutesFaultCode, sentencesOf } from "../adapters/chutes/fault-sentences.ts";
import type { RefusalClass } from "../core/chain/refusals-shape.ts";
import { type Blame, EXIT_CODES, type ExitName, FAULT_CODES, type FaultCode } from "../core/model/fault.ts";
import { findProgramErrors } from "./explain-program-errors.ts";
import { findWeightReasons } from "./explain-weight-reasons.ts";

export interface OwnError {
  readonly name: string;
  /** Absent where nothing went wrong. */
  readonly class?: RefusalClass;
  /** Whose fault it is as a rule; the record of the one case has the last word. */
  readonly blame: Blame;
  readonly message: string;
  readonly remedy: string;
}

type Sentences = readonly [message: string, remedy: string];

/** The codes that are not the Chutes adapter's. */
const SENTENCES: Readonly<Record<Exclude<FaultCode, ChutesFaultCode>, Sentences>> = {
  "url-refused": [
    "The address of a miner's chute is not one that requests may be sent to.",
    "Miner: commit a chute with a slug and a cord path by the platform's own rules.",
  ],
  "budget-exhausted": [
    "A cap of requests, tokens or money of this cycle was reached.",
    "Operator: raise limits in the configuration if the cap is too low for the number of miners and tasks.",
  ],
  "fate-unknown": [
    "The process ended while a paid call was under way, so nobody knows what became of it.",
    "Nothing to do: the call is not paid twice, and the miner loses nothing by it.",
  ],
  "epoch-over": [
    "The epoch ended before this part of the cycle was done.",
    "Operator: raise chutes.requestsPerMinute or lower the number of tasks if it repeats.",
  ],
  "verdict-unreadable": [
    "The reference model's verdict could not be read.",
    "Operator: pin another model if it happens often; the miner loses nothing.",
  ],
  "chain-unreachable": [
    "The chain node cannot be reached, does not answer in time, or answers what nobody can read.",
    "Operator: check endpoint and network; it is tried again.",
  ],
  "chain-refused": [
    "The chain did not take the weights.",
    "Operator: look at the fault's own sentence, or explain the name in its evidence.",
  ],
  "chain-unconfirmed": [
    "The weights were sent and no finalized block shows what became of them.",
    "Nothing to do: the chain is looked at again before anything else is signed for that epoch.",
  ],
};

/** Who is to blame for a code, the platform where nobody else is named, and what helps, a retry where nothing else is named. */
const BLAMES: Readonly<Partial<Record<FaultCode, Blame>>> = {
  ...whoseFault(
    "miner",
    "chute-not-found cord-not-found chute-cold chute-disabled owner-unfunded tee-required url-refused redirect-refused answer-empty answer-malformed answer-too-large",
  ),
  ...whoseFault(
    "validator",
    "request-rejected credentials-rejected account-unfunded forbidden model-not-found request-too-large edge-refused budget-exhausted epoch-over aborted",
  ),
  ...whoseFault("nobody", "fate-unknown"),
  ...whoseFault("judge", "judge-failed verdict-unreadable"),
  ...whoseFault("chain", "chain-unreachable chain-refused chain-unconfirmed"),
};

const CLASSES: Readonly<Record<string, RefusalClass>> = Object.fromEntries([
  ...classed(
    "stop",
    "request-rejected credentials-rejected account-unfunded forbidden model-not-found request-too-large edge-refused",
  ),
  ...classed(
    "wait",
    "chute-not-found cord-not-found chute-cold chute-disabled owner-unfunded tee-required url-refused redirect-refused answer-empty answer-malformed answer-too-large rate-limited model-unavailable budget-exhausted fate-unknown epoch-over aborted verdict-unreadable chain-unconfirmed",
  ),
  ...classed("rebuild", "chain-refused"),
]);

function whoseFault(blame: Blame, codes: string): Partial<Record<FaultCode, Blame>> {
  return Object.fromEntries(codes.split(" ").map((code) => [code, blame]));
}

function classed(kind: RefusalClass, codes: string): readonly (readonly [string, RefusalClass])[] {
  return codes.split(" ").map((code) => [code, kind] as const);
}

/** Remedies as for `pm2`, which starts the process again on 70 and on signals only (DESIGN §5). */
const EXITS: Readonly<Record<ExitName, Omit<OwnError, "name">>> = {
  done: { blame: "nobody", message: "The command did what it was asked to.", remedy: "Nothing is to be done." },
  difference: {
    class: "stop",
    blame: "nobody",
    message: "A check or a replay found a difference, or the chain refused the weights.",
    remedy: "Read the document of the command: it names the first difference, or the refusal.",
  },
  configuration: {
    class: "stop",
    blame: "validator",
    message: "The configuration or the words of the command cannot be used.",
    remedy: "Correct what the last line names; touchstone config shows where each value comes from.",
  },
  key: {
    class: "stop",
    blame: "validator",
    message: "The hotkey's file cannot be read, or holds another key than the configuration says.",
    remedy: "Check path, names, mode 0600 and password of the file.",
  },
  unregistered: {
    class: "stop",
    blame: "validator",
    message: "The hotkey is not registered on the configured subnet.",
    remedy: "Register it, or correct netuid and hotkey in the configuration.",
  },
  runtime: {
    class: "stop",
    blame: "validator",
    message: "The chain's runtime lacks something that this version needs.",
    remedy:
      "Install a version of Touchstone for this runtime, or check that the endpoint is a subtensor node of today.",
  },
  locked: {
    class: "stop",
    blame: "validator",
    message: "Another process works with the data folder.",
    remedy: "Stop it, or give this validator a folder of its own.",
  },
  journal: {
    class: "stop",
    blame: "validator",
    message: "The journal or a bundle is damaged, cannot be written, or belongs to another program.",
    remedy: "Make space or restore it from a copy, as docs/operator.md says under its name.",
  },
  internal: {
    class: "retry",
    blame: "validator",
    message: "Something went wrong that a new start may mend; what was bought is on disk.",
    remedy: "Start it again, as pm2 does by itself; report it with the log if it comes back.",
  },
  doppelganger: {
    class: "stop",
    blame: "validator",
    message: "Weights of this hotkey are on the chain that this validator's journal knows nothing of.",
    remedy: "Stop the other process with this hotkey before this one is started again.",
  },
};

const EXIT_NAMES = Object.keys(EXIT_CODES) as readonly ExitName[];
const ALL: readonly FaultCode[] = FAULT_CODES;

/**
 * What one of this program's own words means: a fault code (`capacity`), a reason or cause of weights that are not on chain
 * (`no-permit`), the code of an error (`moved-away`), or an exit code (`exit 66`, and `66` alone). One word can mean several things.
 */
export function findOwnErrors(query: string): readonly OwnError[] {
  const asked = query.trim().toLowerCase();
  const fault = ALL.find((code) => code === asked);
  const words = [
    ...(fault === undefined ? [] : [faultCode(fault)]),
    ...findWeightReasons(query),
    ...findProgramErrors(query),
  ];
  if (words.length > 0) return words;
  const exit = /^(?:exit(?: code)? *)?(\d{1,2})$/.exec(asked)?.[1];
  return EXIT_NAMES.filter((name) => exit === String(EXIT_CODES[name])).map((name) => ({
    name: `exit ${EXIT_CODES[name]} ${name}`,
    ...EXITS[name],
  }));
}

function faultCode(code: FaultCode): OwnError {
  const [message, remedy] = isOwn(code) ? SENTENCES[code] : sentencesOf(code);
  return { name: code, class: CLASSES[code] ?? "retry", blame: BLAMES[code] ?? "platform", message, remedy };
}

function isOwn(code: FaultCode): code is Exclude<FaultCode, ChutesFaultCode> {
  return Object.hasOwn(SENTENCES, code);
}
