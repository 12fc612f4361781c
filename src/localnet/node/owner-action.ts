import { ValidatorError } from "../../core/model/fault.ts";
import { deferEpoch } from "./deferral.ts";
import { setEpochMode } from "./epoch-mode.ts";
import type { BlockChange } from "./interventions.ts";
import type { EpochMode } from "./items.ts";
import * as settings from "./owner-settings.ts";
import { pruneBatch } from "./prune.ts";
import { replaceNeuron, swapHotkey } from "./replace.ts";

/** What `POST /owner` takes (docs/operator.md): exactly one of these. Numbers are whole and not negative. */
export type OwnerAction =
  | { readonly set: "commit-reveal"; readonly value: boolean }
  | { readonly set: NumberSetting; readonly value: number }
  | { readonly epochMode: EpochMode }
  /** One batch towards so many uids. */
  | { readonly prune: number }
  /** The epoch runs in the block after the next one. */
  | { readonly trigger: true }
  /** The next epoch comes so many blocks late, 1 to 255. */
  | { readonly defer: number }
  /** The uid goes to a new hotkey. */
  | { readonly replace: number }
  /** The neuron of the uid goes on under a new hotkey. */
  | { readonly swap: number };

export type NumberSetting =
  | "tempo"
  | "reveal-period"
  | "rate-limit"
  | "mechanisms"
  | "min-allowed-weights"
  | "version-key";

type Run = (change: BlockChange, netuid: number, value: number) => void;

interface Range {
  readonly low: number;
  readonly high: number;
}

const U16: Range = { low: 0, high: 65_535 };
const WHOLE: Range = { low: 0, high: Number.MAX_SAFE_INTEGER };

const SETTINGS: Readonly<Record<NumberSetting, Range & { readonly run: Run }>> = {
  // The shortest epoch is the localnet's own, not the 360 blocks of a real owner.
  tempo: { low: 2, high: settings.MAX_TEMPO, run: (change, netuid, value) => settings.setTempo(change, netuid, value) },
  "reveal-period": {
    ...WHOLE,
    run: (change, netuid, value) => settings.setRevealPeriod(change, netuid, BigInt(value)),
  },
  "rate-limit": { ...WHOLE, run: (change, netuid, value) => settings.setRateLimit(change, netuid, BigInt(value)) },
  mechanisms: { low: 1, high: 16, run: (change, netuid, value) => settings.fitMechanisms(change, netuid, value) },
  "min-allowed-weights": {
    ...U16,
    run: (change, netuid, value) => settings.setMinAllowedWeights(change, netuid, value),
  },
  "version-key": { ...WHOLE, run: (change, netuid, value) => settings.setVersionKey(change, netuid, BigInt(value)) },
};

const COUNTED: Readonly<Record<"prune" | "defer" | "replace" | "swap", Range & { readonly run: Run }>> = {
  prune: { ...U16, run: (change, netuid, value) => pruneBatch(change, netuid, value) },
  defer: { low: 1, high: 255, run: (change, _netuid, value) => deferEpoch(change, value) },
  replace: { ...U16, run: (change, netuid, value) => replaceNeuron(change, netuid, value) },
  swap: { ...U16, run: (change, netuid, value) => swapHotkey(change, netuid, value) },
};

/** An action that has been read: what it does to the next block, and how many blocks later it shows. */
export interface PlannedAction {
  readonly run: (change: BlockChange, netuid: number) => void;
  readonly delay: number;
}

/** Reads an action. @throws ValidatorError with a sentence for what is none */
export function readOwnerAction(value: unknown): PlannedAction {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refused("the owner's action is no object", 'send e.g. {"epochMode":"Null"}');
  }
  const fields = Object.keys(value).filter((name) => name !== "value");
  const [name = ""] = fields;
  const action = value as Record<string, unknown>;
  if (fields.length !== 1 || ("value" in action && name !== "set")) throw unknownAction();
  if (name === "set") return setting(action);
  if (name === "epochMode") return epochMode(action[name]);
  if (name === "trigger" && action[name] === true) {
    return { run: (change, netuid) => settings.triggerEpoch(change, netuid, change.block + 1), delay: 1 };
  }
  if (name === "prune" || name === "defer" || name === "replace" || name === "swap") {
    return counted(name, COUNTED[name], action[name]);
  }
  throw unknownAction();
}

function setting(action: Record<string, unknown>): PlannedAction {
  const { set, value } = action;
  if (set === "commit-reveal") {
    if (typeof value !== "boolean") throw refused(`commit-reveal is ${String(value)}`, "give true or false");
    return { run: (change, netuid) => settings.setCommitReveal(change, netuid, value), delay: 0 };
  }
  if (typeof set !== "string" || !Object.hasOwn(SETTINGS, set)) {
    throw refused(`there is no setting "${String(set)}"`, `set commit-reveal, ${Object.keys(SETTINGS).join(", ")}`);
  }
  return counted(set, SETTINGS[set as NumberSetting], value);
}

function epochMode(mode: unknown): PlannedAction {
  if (mode !== "Yuma" && mode !== "Null")
    throw refused(`there is no epoch mode "${String(mode)}"`, "give Yuma or Null");
  return { run: (change, netuid) => setEpochMode(change, netuid, mode), delay: 0 };
}

function counted(name: string, { low, high, run }: Range & { readonly run: Run }, value: unknown): PlannedAction {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < low || value > high) {
    throw refused(`${name} is ${String(value)}`, `give a whole number from ${low} to ${high}`);
  }
  return { run: (change, netuid) => run(change, netuid, value), delay: 0 };
}

function unknownAction(): ValidatorError {
  return refused("the owner's action is not known", "send one of set, epochMode, prune, trigger, defer, replace, swap");
}

function refused(message: string, remedy: string): ValidatorError {
  return new ValidatorError(message, {
    exit: "configuration",
    code: "owner-action-invalid",
    blame: "validator",
    remedy,
  });
}
