import { neverMet, type Refusal, rebuild, retry, sharedBy, stop, wait } from "./refusals-shape.ts";

/** Errors of the pallets beside SubtensorModule, with the pallet in front, and those of no pallet at all. */

const UPGRADES = `
  System.InvalidSpecName System.SpecVersionNeedsToIncrease System.FailedToExtractRuntimeVersion
  System.MultiBlockMigrationsOngoing System.NothingAuthorized System.Unauthorized`;

const BEACON = `
  Drand.NoneValue Drand.StorageOverflow Drand.DrandConnectionFailure Drand.UnverifiedPulse Drand.InvalidRoundNumber
  Drand.PulseVerificationError`;

const MALFORMED_COMMITMENT = stop(
  "The chain does not take a commitment of this form.",
  "Commit again with a current wallet tool and at most three fields of plain or sealed data.",
);

export const PALLET_REFUSALS: readonly (readonly [string, Refusal])[] = [
  [
    "System.CallFiltered",
    wait("The chain is in safe mode and filters this call.", "It is sent again when the chain works normally."),
  ],
  ...sharedBy(UPGRADES, neverMet("belongs to upgrades of the runtime")),
  ...sharedBy("System.NonDefaultComposite System.NonZeroRefCount", neverMet("belongs to the removal of accounts")),
  ...sharedBy(
    "Commitments.TooManyFieldsInCommitmentInfo Commitments.TimelockRevealFailedNotAllowed",
    MALFORMED_COMMITMENT,
  ),
  [
    "Commitments.AccountNotAllowedCommit",
    stop(
      "Only a hotkey that is registered on the subnet can commit data there.",
      "Register the hotkey, or commit on the subnet where it is registered.",
    ),
  ],
  [
    "Commitments.SpaceLimitExceeded",
    wait("The hotkey has used up its space for commitments in this epoch.", "Commit again in the next epoch."),
  ],
  [
    "Commitments.UnexpectedUnreserveLeftover",
    neverMet("belongs to deposits for commitments, which are not asked today"),
  ],
  ...sharedBy(BEACON, neverMet("belongs to the pulses of the random beacon, which the chain's own nodes bring")),
  [
    "BadOrigin",
    stop(
      "The chain does not let this key send this call.",
      "Check that the configured hotkey is an ordinary hotkey; if it is, report it with the bundle of this cycle.",
    ),
  ],
  ["Exhausted", retry("The block had no room for the weights.", "They are sent again in one of the next blocks.")],
  [
    "Unavailable",
    retry(
      "The chain's state was not available for a moment.",
      "They are sent again; try another endpoint if it repeats.",
    ),
  ],
  ["RootNotAllowed", neverMet("belongs to calls of the chain's root")],
  ...sharedBy(
    "Token Arithmetic ConsumerRemaining NoProviders TooManyConsumers CannotLookup",
    neverMet("belongs to balances and accounts"),
  ),
  ...sharedBy(
    "Transactional Corruption Trie Other",
    rebuild(
      "The chain failed inside while it carried out the call.",
      "The weights are made again; if it repeats, other validators of the subnet will see it, too.",
    ),
  ),
];
