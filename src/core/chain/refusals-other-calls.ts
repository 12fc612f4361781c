import { neverMet, type Refusal, sharedBy } from "./refusals-shape.ts";

/**
 * Errors of SubtensorModule that belong to calls a validator never sends, by the calls they belong to. The names are those of
 * the runtimes since spec 393, those that are gone again among them.
 */

const STAKING = `
  NonAssociatedColdKey NotEnoughStake NotEnoughStakeToWithdraw NotEnoughBalanceToStake BalanceWithdrawalError
  ZeroBalanceAfterWithdrawn StakingRateLimitExceeded StakingOperationRateLimitExceeded StakeUnavailable CannotUnstakeLock
  ZeroMaxStakeAmount AmountTooLow InsufficientBalance InsufficientTaoBalance InsufficientAlphaBalance InsufficientLiquidity
  SlippageTooHigh TransferDisallowed NotEnoughAlphaOutToRecycle CannotBurnOrRecycleOnRootSubnet SameNetuid PrecisionLoss
  AddStakeBurnRateLimitExceeded SubnetBuybackRateLimitExceeded SameAutoStakeHotkeyAlreadySet TooManyStakingHotkeys
  CannotUseSystemAccount`;

const LOCKS_AND_COLLATERAL = `
  LockHotkeyMismatch InsufficientStakeForLock NoExistingLock ActiveLockExists UnlockAmountTooHigh AccountRejectsLockedAlpha
  LockIdOverFlow KeepStakeBlockedByCollateral ColdkeyCollateralIncomplete ColdkeyCollateralPositionsFull RootStakeLocked`;

const CHILD_KEYS_AND_TAKE = `
  NotEnoughStakeToSetChildkeys InvalidChild DuplicateChild ProportionOverflow TooManyChildren InvalidChildkeyTake
  TxChildkeyTakeRateLimitExceeded ChildParentInconsistency HotKeyAlreadyDelegate DelegateTakeTooLow DelegateTakeTooHigh
  DelegateTxRateLimitExceeded`;

const REGISTRATION = `
  TooManyRegistrationsThisBlock TooManyRegistrationsThisInterval HotKeyAlreadyRegisteredInSubNet InvalidWorkBlock
  InvalidDifficulty InvalidSeal SubNetRegistrationDisabled RegistrationNotPermittedOnRootSubnet StakeTooLowForRoot
  NoNeuronIdAvailable RegistrationPriceLimitExceeded FaucetDisabled`;

const KEY_SWAPS = `
  NewHotKeyIsSameWithOld NewHotKeyNotCleanForRootSwap HotKeySetTxRateLimitExceeded NotEnoughBalanceToPaySwapHotKey
  HotKeySwapOnSubnetIntervalNotPassed ColdKeyAlreadyAssociated NotEnoughBalanceToPaySwapColdKey NewColdKeyIsHotkey
  ColdkeySwapAnnouncementNotFound ColdkeySwapTooEarly ColdkeySwapReannouncedTooEarly AnnouncedColdkeyHashDoesNotMatch
  ColdkeySwapAlreadyDisputed ColdkeySwapClearTooEarly ColdkeySwapTooHeavy`;

const SUBNET_OWNER = `
  NotSubnetOwner AllNetworksInImmunity NetworkTxRateLimitExceeded SubnetLimitReached CannotAffordLockCost
  FirstEmissionBlockNumberAlreadySet NeedWaitingMoreBlocksToStarCall StartCallNotReady LiquidAlphaDisabled AlphaHighTooLow
  AlphaLowOutOfRange ActivityCutoffTooLow ActivityCutoffFactorMilliOutOfBounds TempoOutOfBounds EpochTriggerAlreadyPending
  AutoEpochAlreadyImminent DynamicTempoBlockedByCommitReveal AdminActionProhibitedDuringWeightsWindow SymbolDoesNotExist
  SymbolAlreadyInUse RevealPeriodTooLarge RevealPeriodTooSmall InvalidValue UidMapCouldNotBeCleared
  TrimmingWouldExceedMaxImmunePercentage TooManyUIDsPerMechanism VotingPowerTrackingNotEnabled InvalidVotingPowerEmaAlpha
  InvalidIdentity`;

const LEASES = `
  InvalidLeaseBeneficiary LeaseCannotEndInThePast LeaseNetuidNotFound LeaseDoesNotExist LeaseHasNoEndBlock LeaseHasNotEnded
  BeneficiaryDoesNotOwnHotkey ExpectedBeneficiaryOrigin`;

const EVM_KEYS = `
  UnableToRecoverPublicKey InvalidRecoveredPublicKey EvmKeyAssociateRateLimitExceeded EvmKeyAssociationLimitExceeded`;

const ROOT_CLAIMS_AND_BASKETS = `
  InvalidNumRootClaim InvalidSubnetNumber InvalidRootClaimThreshold RootClaimTooHeavy BasketHasNoWeights
  BetaBasketSeedInProgress BasketDepositPending BasketConcentrationCapExceeded BasketTradingDisabled BasketTradingFrozen
  BasketTurnoverBudgetExceeded BasketSameSubnet BasketLiquidityCapExceeded BasketMinOutNotMet BasketSwapBatchEmpty`;

const SERVING = "InvalidIpType InvalidIpAddress InvalidPort ServingRateLimitExceeded";

/** Also said of some custom errors, which name the same calls (chain.md §3.7). */
export const OF_STAKING: Refusal = neverMet("belongs to staking and transfers");
export const OF_TAKE: Refusal = neverMet("belongs to child keys and the take of delegates");
export const OF_EVM: Refusal = neverMet("belongs to the association of EVM keys");
export const OF_SERVING: Refusal = neverMet("belongs to announcing an address, which a miner on Chutes does not need");

export const OTHER_CALL_REFUSALS: readonly (readonly [string, Refusal])[] = [
  ...sharedBy(STAKING, OF_STAKING),
  ...sharedBy(LOCKS_AND_COLLATERAL, neverMet("belongs to locked stake and miners' collateral")),
  ...sharedBy(CHILD_KEYS_AND_TAKE, OF_TAKE),
  ...sharedBy(REGISTRATION, neverMet("belongs to registration")),
  ...sharedBy(KEY_SWAPS, neverMet("belongs to hotkey and coldkey swaps")),
  ...sharedBy(SUBNET_OWNER, neverMet("belongs to what a subnet's owner sets")),
  ...sharedBy(LEASES, neverMet("belongs to leased subnets")),
  ...sharedBy(EVM_KEYS, OF_EVM),
  ...sharedBy(ROOT_CLAIMS_AND_BASKETS, neverMet("belongs to root dividends and their baskets")),
  ...sharedBy(SERVING, OF_SERVING),
];
