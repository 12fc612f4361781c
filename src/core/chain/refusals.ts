import type { Fault } from "../model/fault.ts";

/**
 * What the chain says when it does not take weights, and what to do then (chain.md §10, chain-newest.md §7). Names and not
 * numbers: error indexes move with every runtime.
 */
export interface Refusal {
  /** Whether a later or newly built submission may succeed without a hand on the configuration. */
  readonly retryable: boolean;
  readonly blame: "chain" | "validator";
  readonly message: string;
  readonly remedy: string;
}

const again = (message: string, remedy: string): Refusal => ({ retryable: true, blame: "chain", message, remedy });
const operator = (message: string, remedy: string): Refusal => ({
  retryable: false,
  blame: "validator",
  message,
  remedy,
});

const TOO_FAST = again(
  "The chain took weights of this hotkey too short a time ago.",
  "It is sent when the rate limit allows; if that repeats, look for a second process with the same hotkey.",
);
const STAKE = operator(
  "The hotkey's stake is below the subnet's threshold for setting weights.",
  "Add stake to the hotkey, or get delegation.",
);
const UNREGISTERED = operator(
  "The hotkey is not registered on this subnet.",
  "Register it, or correct netuid and hotkey in the configuration.",
);
const SWAP = operator(
  "A coldkey swap is announced for this account, which blocks its calls.",
  "Finish or cancel the swap with the coldkey.",
);
const STALE_UIDS = again(
  "The chain's miners are no longer those that the weights were made for.",
  "The weights are built again from the current metagraph.",
);
const OUTDATED = operator("The chain no longer offers this call.", "Install a newer version of Touchstone.");
const BUG = operator(
  "The chain takes the weights for malformed, which is an error in this program.",
  "Report it with the bundle of this cycle.",
);
const NO_SUBNET = operator(
  "The chain has no such subnet or mechanism.",
  "Correct netuid and mechid in the configuration, or the network.",
);
const REVEAL_SWITCH = again(
  "The subnet's owner switched commit-reveal while the weights were on their way.",
  "The switch is read again and the other way taken.",
);

/** Dispatch errors by name; those of other pallets with the pallet in front. */
export const REFUSALS: ReadonlyMap<string, Refusal> = new Map([
  ["SettingWeightsTooFast", TOO_FAST],
  ["CommittingWeightsTooFast", TOO_FAST],
  ["NotEnoughStakeToSetWeights", STAKE],
  [
    "NeuronNoValidatorPermit",
    operator(
      "The hotkey has no validator permit on this subnet.",
      "Nothing is to be done but to have more stake than others; the permit is looked at again each epoch.",
    ),
  ],
  ["HotKeyNotRegisteredInSubNet", UNREGISTERED],
  ["HotKeyNotRegisteredInNetwork", UNREGISTERED],
  [
    "IncorrectWeightVersionKey",
    operator(
      "The subnet's owner asks for newer weights than this version makes.",
      "Install the version that the owner asks for; do not raise the version key by hand.",
    ),
  ],
  ["CommitRevealEnabled", REVEAL_SWITCH],
  ["CommitRevealDisabled", REVEAL_SWITCH],
  ["WeightVecNotEqualSize", BUG],
  ["InputLengthsUnequal", BUG],
  ["InvalidBatchLength", BUG],
  ["CanNotSetRootNetworkWeights", operator("Nobody sets weights on the root subnet.", "Configure another netuid.")],
  ["DuplicateUids", STALE_UIDS],
  ["UidVecContainInvalidOne", STALE_UIDS],
  ["UidsLengthExceedUidsInSubNet", STALE_UIDS],
  [
    "WeightVecLengthIsLow",
    again("The subnet asks for more weights than were sent.", "Zero entries are added up to the subnet's minimum."),
  ],
  ["MaxWeightExceeded", BUG],
  ["MechanismDoesNotExist", NO_SUBNET],
  ["SubnetNotExists", NO_SUBNET],
  [
    "WaitingForDissolvedSubnetCleanup",
    operator("The subnet is being removed from the chain.", "Stop this validator, or configure another netuid."),
  ],
  ["ColdkeySwapAnnounced", SWAP],
  ["ColdkeySwapDisputed", SWAP],
  [
    "System.CallFiltered",
    again("The chain is in safe mode and filters this call.", "It is sent again when the chain works normally."),
  ],
  ["SubtokenDisabled", operator("The subnet has not been started yet.", "Wait for its owner to start it.")],
  ["CallDisabled", OUTDATED],
  ["DisabledTemporarily", OUTDATED],
  ["Deprecated", OUTDATED],
]);

/** Pool refusals with "Custom error: N" (chain.md §3.7) and the dispatch error each stands for. */
const CUSTOM: ReadonlyMap<number, string> = new Map([
  [0, "ColdkeySwapAnnounced"],
  [1, "NotEnoughStakeToSetWeights"],
  [3, "SubnetNotExists"],
  [6, "SettingWeightsTooFast"],
  [18, "InputLengthsUnequal"],
  [19, "HotKeyNotRegisteredInSubNet"],
  [21, "ColdkeySwapDisputed"],
]);

const NONCE = again(
  "The account's nonce moved while the weights were signed.",
  "It is asked for again; if that repeats, look for a second process with the same hotkey.",
);

/** Pool refusals by their text; the node's wording and the error's name both occur (chain-newest.md §7). */
const POOL: readonly (readonly [RegExp, Refusal])[] = [
  [/stale|outdated/i, NONCE],
  [/future/i, NONCE],
  [
    /bad ?proof|bad signature/i,
    again(
      "The node does not accept the signature, as after a runtime upgrade.",
      "The weights are signed again with the current runtime.",
    ),
  ],
  [
    /ancient ?birth/i,
    again("The weights' era is over, or the node is behind.", "They are signed again at the current head."),
  ],
  [
    /payment|pay some fees/i,
    operator(
      "The node asks a fee for setting weights, which is free on this chain.",
      "Check that the endpoint serves the right chain.",
    ),
  ],
];

/** JSON-RPC codes of a submission that say enough by themselves. */
const CODES: ReadonlyMap<number, Refusal> = new Map([
  [1012, again("The node has banned this extrinsic for a while.", "New weights are signed with another era.")],
  [
    1014,
    again("Another extrinsic of this hotkey waits with the same nonce.", "It is sent again when that one is through."),
  ],
  [1016, again("The node's transaction pool is full.", "It is sent again later, or use another endpoint.")],
]);

/** The Fault for an error that a block's dispatch ended in. `name` as in the metadata, `Pallet.Name` outside SubtensorModule. */
export function dispatchRefusal(name: string): Fault {
  const refusal = REFUSALS.get(name) ?? unknown("refused the weights", name);
  return toFault(refusal, name);
}

/** The Fault for a submission that the node's pool did not take. */
export function poolRefusal(code: number, text: string): Fault {
  const custom = /custom error: (\d{1,3})/i.exec(text)?.[1];
  if (custom !== undefined) {
    const name = CUSTOM.get(Number(custom));
    const refusal = name === undefined ? undefined : REFUSALS.get(name);
    return toFault(
      refusal ?? unknown("did not take the weights", `custom error ${custom}`),
      name ?? `custom ${custom}`,
    );
  }
  const byText = POOL.find(([pattern]) => pattern.test(text))?.[1];
  return toFault(CODES.get(code) ?? byText ?? unknown("did not take the weights", `code ${code}`), `code ${code}`);
}

function unknown(did: string, what: string): Refusal {
  return again(
    `The chain ${did} with an error this version does not know: ${what}.`,
    "It is tried again in the next epoch; if it repeats, report it with this name.",
  );
}

function toFault(refusal: Refusal, detail: string): Fault {
  return {
    code: "chain-refused",
    blame: refusal.blame,
    retryable: refusal.retryable,
    message: refusal.message,
    remedy: refusal.remedy,
    evidence: { detail },
  };
}
