import { type Refusal, rebuild, retry, sharedBy, stop, wait } from "./refusals-shape.ts";

/** Errors that a weight call, direct or sealed, can end in (chain.md §3.3 to §3.6 and §10, chain-newest.md §1.3, §1.5 and §2.1). */

export const TOO_FAST: Refusal = wait(
  "The chain took weights of this hotkey too short a time ago.",
  "It is sent when the rate limit allows; if that repeats, look for a second process with the same hotkey.",
);
export const STAKE: Refusal = stop(
  "The hotkey's stake is below the subnet's threshold for setting weights.",
  "Add stake to the hotkey, or get delegation.",
);
export const UNREGISTERED: Refusal = stop(
  "The hotkey is not registered on this subnet.",
  "Register it, or correct netuid and hotkey in the configuration.",
);
export const SWAP_ANNOUNCED: Refusal = stop(
  "A coldkey swap is announced for this account, which blocks its calls.",
  "Finish or cancel the swap with the coldkey.",
);
export const SWAP_DISPUTED: Refusal = stop(
  "A coldkey swap of this account is under dispute, which blocks its calls until the chain's root decides.",
  "Wait for the decision; a hotkey of another coldkey can validate meanwhile.",
);
export const NO_SUBNET: Refusal = stop(
  "The chain has no such subnet or mechanism.",
  "Correct netuid and mechid in the configuration, or the network.",
);
export const BUG: Refusal = stop(
  "The chain takes the weights for malformed, which is an error in this program.",
  "Report it with the bundle of this cycle.",
);
export const ROUND_PASSED: Refusal = rebuild(
  "The round that was to open the sealed weights is already on the chain.",
  "They are sealed again for a later round, counted from the chain's own time; if that repeats, the endpoint's head lags: compare its height with another node's, or name another endpoint.",
);
export const NO_COMMIT: Refusal = stop(
  "The chain holds no hash commit of this hotkey that could be revealed.",
  "Touchstone seals by time and never reveals by hand; look for another program that signs with this hotkey.",
);
export const REVEAL_EARLY: Refusal = wait(
  "A hash commit can be revealed only in the one epoch that its reveal period names.",
  "Touchstone seals by time and never reveals by hand; look for another program that signs with this hotkey.",
);

const STALE_UIDS = rebuild(
  "The chain's miners are no longer those that the weights were made for.",
  "The weights are built again from the current metagraph.",
);
const OUTDATED = stop("The chain no longer offers this call.", "Install a newer version of Touchstone.");
const REVEAL_SWITCH = rebuild(
  "The subnet's owner switched commit-reveal while the weights were on their way.",
  "The switch is read again and the other way taken.",
);
const ROOT = stop("Nobody sets weights on the root subnet.", "Configure another netuid.");

const PERMIT: Refusal = {
  class: "wait",
  blame: "validator",
  message: "The hotkey has no validator permit on this subnet.",
  remedy: "Nothing is to be done but to have more stake than others; the permit is looked at again each epoch.",
};
const VERSION_KEY = stop(
  "The subnet's owner asks for newer weights than this version makes.",
  "Install the version that the owner asks for; do not raise the version key by hand.",
);
const TOO_FEW = rebuild(
  "The subnet asks for more weights than were sent.",
  "Zero entries are added up to the subnet's minimum.",
);
const ABOVE_MAXIMUM = stop(
  "A weight is above the subnet's maximum, which runtimes of today no longer check.",
  "Report it with the bundle of this cycle.",
);
const SEALED_VERSION = stop(
  "The chain asks for another version of sealed weights than this program makes.",
  "Install a newer version of Touchstone.",
);
const TOO_MANY_COMMITS = wait(
  "Ten sealed weights of this hotkey are waiting in this epoch, more than the chain takes.",
  "Wait for the next epoch, and look for a second process with the same hotkey.",
);
const COMMIT_TOO_LARGE = rebuild(
  "The sealed weights are larger than the subnet's mode allows.",
  "Mode and number of mechanisms are read again and the weights sealed anew; if it repeats, report it with the bundle.",
);
const QUEUE_FULL = wait(
  "The subnet's queue of sealed weights is full for this epoch, which happens on subnets in Null mode only.",
  "It is sent again in the next epoch.",
);
const DISSOLVING = stop(
  "The subnet is being removed from the chain.",
  "Stop this validator, or configure another netuid.",
);
const HASH_MISMATCH = stop(
  "What was revealed is not what was committed.",
  "Touchstone seals by time and never reveals by hand; look for another program that signs with this hotkey.",
);
const COMMIT_EXPIRED = wait(
  "The hash commit was not revealed in its epoch and is void.",
  "Touchstone seals by time and never reveals by hand; look for another program that signs with this hotkey.",
);

export const WEIGHT_CALL_REFUSALS: readonly (readonly [string, Refusal])[] = [
  ...sharedBy("SettingWeightsTooFast CommittingWeightsTooFast", TOO_FAST),
  ...sharedBy("NotEnoughStakeToSetWeights", STAKE),
  ...sharedBy("NeuronNoValidatorPermit", PERMIT),
  ...sharedBy("HotKeyNotRegisteredInSubNet HotKeyNotRegisteredInNetwork HotKeyAccountNotExists", UNREGISTERED),
  ...sharedBy("IncorrectWeightVersionKey", VERSION_KEY),
  ...sharedBy("CommitRevealEnabled CommitRevealDisabled", REVEAL_SWITCH),
  ...sharedBy("IncorrectCommitRevealVersion", SEALED_VERSION),
  ...sharedBy("InvalidRevealRound", ROUND_PASSED),
  ...sharedBy("TooManyUnrevealedCommits", TOO_MANY_COMMITS),
  ...sharedBy("CommitPayloadTooLarge", COMMIT_TOO_LARGE),
  ...sharedBy("CommitQueueFull", QUEUE_FULL),
  ...sharedBy("NoWeightsCommitFound", NO_COMMIT),
  ...sharedBy("RevealTooEarly", REVEAL_EARLY),
  ...sharedBy("ExpiredWeightCommit", COMMIT_EXPIRED),
  ...sharedBy("InvalidRevealCommitHashNotMatch", HASH_MISMATCH),
  ...sharedBy("WeightVecNotEqualSize InputLengthsUnequal InvalidBatchLength", BUG),
  ...sharedBy("DuplicateUids UidVecContainInvalidOne UidsLengthExceedUidsInSubNet", STALE_UIDS),
  ...sharedBy("WeightVecLengthIsLow", TOO_FEW),
  ...sharedBy("MaxWeightExceeded", ABOVE_MAXIMUM),
  ...sharedBy("MechanismDoesNotExist SubnetNotExists", NO_SUBNET),
  ...sharedBy("WaitingForDissolvedSubnetCleanup NetworkDissolveAlreadyQueued", DISSOLVING),
  ...sharedBy(
    "CanNotSetRootNetworkWeights NotRootSubnet RootNetworkDoesNotExist RootWeightSettingDisabled RootWeightCapExceeded",
    ROOT,
  ),
  ...sharedBy("ColdkeySwapAnnounced", SWAP_ANNOUNCED),
  ...sharedBy("ColdkeySwapDisputed", SWAP_DISPUTED),
  [
    "TransactorAccountShouldBeHotKey",
    stop(
      "A coldkey signed a call that the hotkey has to sign.",
      "Name the hotkey's file in the configuration; a coldkey has no place on this machine.",
    ),
  ],
  ["SubtokenDisabled", stop("The subnet has not been started yet.", "Wait for its owner to start it.")],
  ...sharedBy("CallDisabled DisabledTemporarily Deprecated", OUTDATED),
  [
    "TxRateLimitExceeded",
    wait("The chain limits how often this account sends such a call.", "It is sent again in the next epoch."),
  ],
  [
    "Overflow",
    retry(
      "The chain could not do its own sum.",
      "It is sent again; if it repeats, the chain's developers have to look at it.",
    ),
  ],
];
