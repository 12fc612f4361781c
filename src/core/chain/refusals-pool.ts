import { OF_EVM, OF_SERVING, OF_STAKING, OF_TAKE } from "./refusals-other-calls.ts";
import { neverMet, type Refusal, rebuild, retry, stop, wait } from "./refusals-shape.ts";
import {
  BUG,
  NO_COMMIT,
  NO_SUBNET,
  REVEAL_EARLY,
  ROUND_PASSED,
  STAKE,
  SWAP_ANNOUNCED,
  SWAP_DISPUTED,
  TOO_FAST,
  UNREGISTERED,
} from "./refusals-weight-calls.ts";

/** What a node says when its pool does not take an extrinsic (chain.md §3.7). */

export interface NamedRefusal {
  /** The chain's own name. */
  readonly name: string;
  readonly refusal: Refusal;
}

const OF_SHIELDED = neverMet("belongs to shielded transactions");

/** "Custom error: N" by number: the chain's admission checks before a block. */
export const CUSTOM_ERRORS: ReadonlyMap<number, NamedRefusal> = new Map([
  [0, { name: "ColdkeyInSwapSchedule", refusal: SWAP_ANNOUNCED }],
  [1, { name: "StakeAmountTooLow", refusal: STAKE }],
  [2, { name: "BalanceTooLow", refusal: OF_STAKING }],
  [3, { name: "SubnetNotExists", refusal: NO_SUBNET }],
  [4, { name: "HotkeyAccountDoesntExist", refusal: UNREGISTERED }],
  [5, { name: "NotEnoughStakeToWithdraw", refusal: OF_STAKING }],
  [6, { name: "RateLimitExceeded", refusal: TOO_FAST }],
  [7, { name: "InsufficientLiquidity", refusal: OF_STAKING }],
  [8, { name: "SlippageTooHigh", refusal: OF_STAKING }],
  [9, { name: "TransferDisallowed", refusal: OF_STAKING }],
  [10, { name: "HotKeyNotRegisteredInNetwork", refusal: UNREGISTERED }],
  [11, { name: "InvalidIpAddress", refusal: OF_SERVING }],
  [12, { name: "ServingRateLimitExceeded", refusal: OF_SERVING }],
  [13, { name: "InvalidPort", refusal: OF_SERVING }],
  [14, { name: "ZeroMaxAmount", refusal: OF_STAKING }],
  [15, { name: "InvalidRevealRound", refusal: ROUND_PASSED }],
  [16, { name: "CommitNotFound", refusal: NO_COMMIT }],
  [17, { name: "CommitBlockNotInRevealRange", refusal: REVEAL_EARLY }],
  [18, { name: "InputLengthsUnequal", refusal: BUG }],
  [19, { name: "UidNotFound", refusal: UNREGISTERED }],
  [20, { name: "EvmKeyAssociateRateLimitExceeded", refusal: OF_EVM }],
  [21, { name: "ColdkeySwapDisputed", refusal: SWAP_DISPUTED }],
  [22, { name: "InvalidRealAccount", refusal: neverMet("belongs to calls through a proxy") }],
  [23, { name: "FailedShieldedTxParsing", refusal: OF_SHIELDED }],
  [24, { name: "InvalidShieldedTxPubKeyHash", refusal: OF_SHIELDED }],
  [25, { name: "NonAssociatedColdKey", refusal: OF_STAKING }],
  [26, { name: "DelegateTakeTooLow", refusal: OF_TAKE }],
  [27, { name: "DelegateTakeTooHigh", refusal: OF_TAKE }],
  [
    255,
    {
      name: "BadRequest",
      refusal: rebuild(
        "The chain's admission check refused the weights without saying by which rule.",
        "The chain is read again first; on a subnet in Null mode it mostly means that another hotkey is the elected validator.",
      ),
    },
  ],
]);

const NONCE = rebuild(
  "The account's nonce moved while the weights were signed.",
  "It is asked for again; if that repeats, look for a second process with the same hotkey.",
);

export interface PoolVariant extends NamedRefusal {
  /** The node's wording and the error's name both occur (chain-newest.md §7). */
  readonly pattern: RegExp;
}

/** What code 1010 and code 1011 mean, by the text beside it. */
export const POOL_VARIANTS: readonly PoolVariant[] = [
  { name: "Stale", pattern: /stale|outdated/i, refusal: NONCE },
  { name: "Future", pattern: /future/i, refusal: NONCE },
  {
    name: "BadProof",
    pattern: /bad ?proof|bad signature/i,
    refusal: rebuild(
      "The node does not accept the signature, as after a runtime upgrade.",
      "The weights are signed again with the current runtime.",
    ),
  },
  {
    name: "AncientBirthBlock",
    pattern: /ancient ?birth/i,
    refusal: rebuild("The weights' era is over, or the node is behind.", "They are signed again at the current head."),
  },
  {
    name: "Payment",
    pattern: /payment|pay some fees/i,
    refusal: stop(
      "The node asks a fee for setting weights, which is free on this chain.",
      "Check that the endpoint serves the right chain.",
    ),
  },
  {
    name: "ExhaustsResources",
    pattern: /exhausts? ?(?:resources|the block)/i,
    refusal: retry("The block has no room for the weights.", "They are sent again in one of the next blocks."),
  },
  {
    name: "BadSigner",
    pattern: /bad ?signer|invalid signing address/i,
    refusal: stop("The node does not take this key for a signer.", "Check the configured hotkey and its file."),
  },
  {
    name: "Call",
    pattern: /call is not expected/i,
    refusal: wait(
      "The chain does not take this call now, as in safe mode.",
      "It is sent again in the next epoch; if it repeats, install a newer version of Touchstone.",
    ),
  },
  {
    name: "UnknownOrigin",
    pattern: /unknown ?origin|did not authorize any origin/i,
    refusal: rebuild(
      "The node could not tell who signed, as after a runtime upgrade.",
      "The weights are signed again with the current runtime.",
    ),
  },
  {
    name: "IndeterminateImplicit",
    pattern: /indeterminate ?implicit|implicit data/i,
    refusal: rebuild(
      "The node could not work out what the signature covers.",
      "The weights are signed again at the current head; try another endpoint if it repeats.",
    ),
  },
  {
    name: "Mandatory",
    pattern: /mandatory/i,
    refusal: neverMet("belongs to what block authors put into a block themselves"),
  },
  {
    name: "CannotLookup",
    pattern: /cannot ?lookup|could not lookup/i,
    refusal: retry(
      "The node could not look up what it needs to judge the extrinsic.",
      "It is sent again; try another endpoint if it repeats.",
    ),
  },
  {
    name: "NoUnsignedValidator",
    pattern: /no ?unsigned ?validator|unsigned transaction/i,
    refusal: BUG,
  },
];
