import { map, type NamedTypes, numbered, type Pallet, plain, struct, variants } from "../metadata/notation.ts";
import { EMPTY_BALANCE } from "./system.ts";

export const BALANCE_TYPES: NamedTypes = {
  AccountData: struct(
    "pallet_balances::types::AccountData",
    { free: "TaoBalance", reserved: "TaoBalance", frozen: "TaoBalance", flags: "ExtraFlags" },
    { Balance: "TaoBalance" },
  ),
  ExtraFlags: struct("pallet_balances::types::ExtraFlags", ["u128"]),
  FixedU128: struct("sp_arithmetic::fixed_point::FixedU128", ["u128"]),
  RuntimeDispatchInfo: struct(
    "pallet_transaction_payment::types::RuntimeDispatchInfo",
    { weight: "Weight", class: "DispatchClass", partial_fee: "TaoBalance" },
    { Balance: "TaoBalance", Weight: "Weight" },
  ),
  FeeDetails: struct(
    "pallet_transaction_payment::types::FeeDetails",
    { inclusion_fee: "Option<InclusionFee>", tip: "TaoBalance" },
    { Balance: "TaoBalance" },
  ),
  InclusionFee: struct(
    "pallet_transaction_payment::types::InclusionFee",
    { base_fee: "TaoBalance", len_fee: "TaoBalance", adjusted_weight_fee: "TaoBalance" },
    { Balance: "TaoBalance" },
  ),
  Releases: variants("pallet_transaction_payment::Releases", { V1Ancient: 0, V2: 1 }),
};

const BALANCE_ERRORS = [
  "VestingBalance",
  "LiquidityRestrictions",
  "InsufficientBalance",
  "ExistentialDeposit",
  "Expendability",
  "ExistingVestingSchedule",
  "DeadAccount",
  "TooManyReserves",
  "TooManyHolds",
  "TooManyFreezes",
  "IssuanceDeactivated",
  "DeltaZero",
];

const BALANCES: Pallet = {
  name: "Balances",
  index: 5,
  module: "pallet_balances",
  calls: {
    transfer_allow_death: [0, { dest: "Address", value: "Compact<TaoBalance>" }],
    transfer_keep_alive: [3, { dest: "Address", value: "Compact<TaoBalance>" }],
  },
  events: {
    Endowed: [0, { account: "AccountId32", free_balance: "TaoBalance" }],
    Transfer: [2, { from: "AccountId32", to: "AccountId32", amount: "TaoBalance" }],
    Deposit: [7, { who: "AccountId32", amount: "TaoBalance" }],
    Withdraw: [8, { who: "AccountId32", amount: "TaoBalance" }],
  },
  errors: numbered(BALANCE_ERRORS),
  storage: {
    TotalIssuance: plain("TaoBalance", 0),
    Account: map([["Blake2128Concat", "AccountId32"]], "AccountData", EMPTY_BALANCE),
  },
  constants: { ExistentialDeposit: ["TaoBalance", 500] },
};

const TRANSACTION_PAYMENT: Pallet = {
  name: "TransactionPayment",
  index: 6,
  module: "pallet_transaction_payment",
  events: { TransactionFeePaid: [0, { who: "AccountId32", actual_fee: "TaoBalance", tip: "TaoBalance" }] },
  storage: {
    NextFeeMultiplier: plain("FixedU128", 10n ** 18n),
    StorageVersion: plain("Releases", { type: "V1Ancient" }),
  },
  constants: { OperationalFeeMultiplier: ["u8", 5] },
};

const UTILITY: Pallet = {
  name: "Utility",
  index: 11,
  module: "pallet_subtensor_utility",
  calls: {
    batch: [0, { calls: "Vec<RuntimeCall>" }],
    batch_all: [2, { calls: "Vec<RuntimeCall>" }],
    force_batch: [4, { calls: "Vec<RuntimeCall>" }],
  },
  events: {
    BatchInterrupted: [0, { index: "u32", error: "DispatchError" }],
    BatchCompleted: 1,
    BatchCompletedWithErrors: 2,
    ItemCompleted: 3,
    ItemFailed: [4, { error: "DispatchError" }],
  },
  errors: numbered(["TooManyCalls", "InvalidDerivedAccount"]),
  constants: { batched_calls_limit: ["u32", 10_922] },
};

const SUDO: Pallet = {
  name: "Sudo",
  index: 12,
  module: "pallet_sudo",
  calls: { sudo: [0, { call: "RuntimeCall" }] },
  events: { Sudid: [0, { sudo_result: "Result<(), DispatchError>" }] },
  errors: numbered(["RequireSudo"]),
  storage: { Key: plain("AccountId32") },
};

/** Balances 5, TransactionPayment 6, Utility 11 and Sudo 12, as far as a validator or an owner meets them. */
export const ACCOUNT_PALLETS: readonly Pallet[] = [BALANCES, TRANSACTION_PAYMENT];
export const BATCH_PALLETS: readonly Pallet[] = [UTILITY, SUDO];
