import { Blake2256, compact } from "@polkadot-api/substrate-bindings";
import { ValidatorError } from "../../core/model/fault.ts";
import type { RuntimeCodec } from "../metadata/registry.ts";
import { GENESIS_TIME } from "./chain.ts";
import * as items from "./items.ts";
import { mechanismIndex } from "./mechanism.ts";
import { electedPermit } from "./null-epoch.ts";
import { ownerKeyPair } from "./owner-key.ts";
import { PulseFeed } from "./pulses.ts";
import { Overlay } from "./state.ts";
import { WritableState } from "./storage-item.ts";
import { CODE_KEY, codeOf } from "./upgrade.ts";

export interface GenesisOptions {
  readonly seed: number;
  readonly runtime: RuntimeCodec;
  readonly netuid: number;
  readonly tempo: number;
  readonly commitReveal: boolean;
  /** Epoch mode from the start (chain-newest.md §1), default Yuma. */
  readonly mode?: items.EpochMode;
  /** uid 0. */
  readonly validator: GenesisValidator;
  /** uid 1 … N, in this order. */
  readonly miners: readonly GenesisMiner[];
  /** uid N + 1 …; each holds a permit as long as its stake suffices. */
  readonly otherValidators?: readonly GenesisValidator[];
}

interface GenesisValidator {
  readonly publicKey: Uint8Array;
  /** Alpha stake; the threshold for setting weights is 1,000 TAO. */
  readonly stakeRao: bigint;
  /** Row of mechanism 0 from the start, as [uid, u16] pairs. */
  readonly weights?: readonly (readonly [uid: number, value: number])[];
}

export interface GenesisMiner {
  readonly publicKey: Uint8Array;
  /** The bytes of one field of `CommitmentOf`: `Raw<n>` up to 128 bytes, `BigRaw` up to 512. */
  readonly commitment?: Uint8Array;
  /** Block of `CommitmentOf` and `LastCommitment`, at most the tempo; default 1. */
  readonly commitmentBlock?: number;
  /** Entries of `RevealedCommitments`, oldest first: plaintexts, without the SCALE length that the chain keeps before them. */
  readonly revealed?: readonly { readonly block: number; readonly data: Uint8Array }[];
}

const encoder = new TextEncoder();
/** Above it a stake may set weights; on mainnet about 1,000 TAO (chain.md §2). */
const STAKE_THRESHOLD_RAO = 1_000_000_000_000n;
const NOTHING = { get: (): undefined => undefined, keysOf: (): readonly string[] => [] };

/** What an account of the simulated world owns itself with: nobody has its secret. */
function account(label: string): Uint8Array {
  return Blake2256(encoder.encode(`touchstone/localnet/account ${label}`));
}

/** The state of block 0: one subnet, its neurons, what they committed. @throws ValidatorError for options that do not fit. */
export function genesisState(options: GenesisOptions): Overlay {
  check(options);
  const overlay = new Overlay(NOTHING);
  // Some clients watch the hash of the code to see upgrades; there is no code here, so the metadata stands for it.
  overlay.put(CODE_KEY, codeOf(options.runtime));
  const state = new WritableState(options.runtime, overlay);
  putSubnet(state, options);
  const { validator, miners, otherValidators = [] } = options;
  const neurons = [validator, ...miners, ...otherValidators];
  for (const [uid, { publicKey }] of neurons.entries()) putNeuron(state, options.netuid, { uid, publicKey });
  putColumns(state, options, neurons.length);
  for (const miner of miners) putCommitments(state, options.netuid, miner);
  new PulseFeed(options.seed).begin(state, GENESIS_TIME);
  return overlay;
}

function check({ netuid, tempo, validator, miners, otherValidators = [] }: GenesisOptions): void {
  if (!(Number.isInteger(netuid) && netuid > 0 && netuid < 4096)) refuse(`netuid ${netuid}`, "choose 1 to 4095");
  if (!(Number.isInteger(tempo) && tempo > 1 && tempo <= 50_400)) refuse(`tempo ${tempo}`, "choose 2 to 50400 blocks");
  const keys = [validator, ...miners, ...otherValidators].map(({ publicKey }) =>
    Buffer.from(publicKey).toString("hex"),
  );
  if (keys.some((key) => key.length !== 64)) refuse("a public key that is not 32 bytes", "give sr25519 public keys");
  if (new Set(keys).size !== keys.length) refuse("two neurons with one public key", "give every neuron its own");
  for (const { commitment, commitmentBlock = 1 } of miners) {
    if (commitment !== undefined && commitment.length > 512) {
      refuse(`a commitment of ${commitment.length} bytes`, "one field holds at most 512");
    }
    if (commitmentBlock > tempo) refuse(`a commitment at block ${commitmentBlock}`, `the chain starts after ${tempo}`);
  }
}

function refuse(what: string, remedy: string): never {
  throw new ValidatorError(`the localnet cannot have ${what}`, {
    exit: "configuration",
    code: "localnet-options-invalid",
    blame: "validator",
    remedy,
  });
}

function putSubnet(state: WritableState, { netuid, tempo, commitReveal, seed, ...rest }: GenesisOptions): void {
  const count = 1 + rest.miners.length + (rest.otherValidators?.length ?? 0);
  state.put(items.NETWORK_ADDED, true, netuid);
  state.put(items.SUBTOKEN_ENABLED, true, netuid);
  state.put(items.SUBNET_N, count, netuid);
  state.put(items.MAX_UIDS, Math.max(256, count), netuid);
  const isNull = rest.mode === "Null";
  state.put(items.MAX_VALIDATORS, isNull ? 1 : 64, netuid);
  state.put(items.EPOCH_CONSENSUS, { type: rest.mode ?? "Yuma" }, netuid);
  if (isNull) state.put(items.SAVED_MAX_VALIDATORS, 64, netuid);
  state.put(items.YUMA3, true, netuid);
  // All neurons are as old as the chain: with the chain's own 4,096 blocks nobody could ever be pruned in a rehearsal.
  state.put(items.IMMUNITY_PERIOD, tempo, netuid);
  state.put(items.MIN_UIDS, 1, netuid);
  state.put(items.SUBNET_OWNER, ownerKeyPair(seed).publicKey, netuid);
  state.put(items.OWNER_HOTKEY, account("owner hotkey"), netuid);
  state.put(items.TOKEN_SYMBOL, encoder.encode("\u03c4"), netuid);
  state.put(items.TEMPO, tempo, netuid);
  state.put(items.WEIGHTS_RATE_LIMIT, Math.floor(tempo / 2), netuid);
  state.put(items.MIN_ALLOWED_WEIGHTS, 1, netuid);
  state.put(items.COMMIT_REVEAL, commitReveal, netuid);
  state.put(items.STAKE_THRESHOLD, STAKE_THRESHOLD_RAO);
  const identity = { subnet_name: encoder.encode("Touchstone localnet") };
  const empty = new Uint8Array(0);
  const others = ["github_repo", "subnet_contact", "subnet_url", "discord", "description", "logo_url", "additional"];
  state.put(items.SUBNET_IDENTITY, { ...Object.fromEntries(others.map((name) => [name, empty])), ...identity }, netuid);
}

function putNeuron(state: WritableState, netuid: number, neuron: { uid: number; publicKey: Uint8Array }): void {
  const { uid, publicKey } = neuron;
  state.put(items.UIDS, uid, netuid, publicKey);
  state.put(items.KEYS, publicKey, netuid, uid);
  state.put(items.IS_MEMBER, true, publicKey, netuid);
  state.put(items.REGISTRATION_BLOCK, 0, netuid, uid);
  state.put(items.OWNER, account(`coldkey ${uid}`), publicKey);
}

/**
 * The columns as an epoch leaves them. Who has no row yet has a LastUpdate of 0 and need not wait; the others' rows are one
 * block younger than the registrations, for what is not younger does not count (chain.md §8 step 2).
 */
function putColumns(state: WritableState, options: GenesisOptions, count: number): void {
  const { netuid, validator, miners, otherValidators = [] } = options;
  const validators = new Map([[0, validator], ...otherValidators.map((it, i) => [miners.length + 1 + i, it] as const)]);
  const column = <T>(value: (uid: number) => T): T[] => Array.from({ length: count }, (_, uid) => value(uid));
  for (const [uid, { publicKey, stakeRao, weights }] of validators) {
    state.put(items.HOTKEY_ALPHA, stakeRao, publicKey, netuid);
    if (weights !== undefined) state.put(items.WEIGHTS, weights, mechanismIndex(netuid, 0), uid);
  }
  const stake = (uid: number): bigint => validators.get(uid)?.stakeRao ?? 0n;
  const zeros = column(() => 0);
  const permitted = column((uid) => stake(uid) >= STAKE_THRESHOLD_RAO);
  state.put(items.PERMITS, options.mode === "Null" ? electedPermit(column(stake)) : permitted, netuid);
  state.put(
    items.ACTIVE,
    column(() => true),
    netuid,
  );
  for (const item of [items.CONSENSUS, items.DIVIDENDS, items.EMISSION, items.VALIDATOR_TRUST, items.STAKE_WEIGHT]) {
    state.put(item, zeros, netuid);
  }
  const updates = column((uid) => (validators.get(uid)?.weights === undefined ? 0 : 1));
  state.put(items.LAST_UPDATE, updates, mechanismIndex(netuid, 0));
  state.put(items.INCENTIVE, zeros, mechanismIndex(netuid, 0));
}

function putCommitments(state: WritableState, netuid: number, miner: GenesisMiner): void {
  const { publicKey, commitment, commitmentBlock = 1, revealed = [] } = miner;
  if (commitment !== undefined) {
    const type = commitment.length <= 128 ? `Raw${commitment.length}` : "BigRaw";
    const registration = { deposit: 0, block: commitmentBlock, info: { fields: [{ type, value: commitment }] } };
    state.put(items.COMMITMENT_OF, registration, netuid, publicKey);
  }
  if (commitment !== undefined || revealed.length > 0) {
    state.put(items.LAST_COMMITMENT, commitmentBlock, netuid, publicKey);
  }
  if (revealed.length === 0) return;
  const entries = revealed.map(({ block, data }) => [Buffer.concat([compact.enc(data.length), data]), block]);
  state.put(items.REVEALED, entries, netuid, publicKey);
}
