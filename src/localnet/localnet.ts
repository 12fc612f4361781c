import { mkdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ValidatorError } from "../core/model/fault.ts";
import type { Hex, Ss58 } from "../core/model/ids.ts";
import { type SimChutes, startChutes } from "./chutes/server.ts";
import { cryptoReady } from "./chutes/sr25519.ts";
import { startControl } from "./control.ts";
import { type FaultList, readFaultList } from "./fault-list.ts";
import { dataFolder, moveFormerData } from "./former-data.ts";
import { writeLocalnetFiles } from "./localnet-files.ts";
import { localRuntime, type RuntimeCodec, runtimeFromMetadata } from "./metadata/registry.ts";
import type { GenesisMiner } from "./node/genesis.ts";
import { type SimNode, startNode } from "./node/node.ts";
import type { OwnerAction } from "./node/owner-action.ts";
import { localSeed, makePopulation, type Population, type SimulatedMiner } from "./population.ts";
import { readUpgradeRequest } from "./upgrade-request.ts";
import { makeValidatorKey, type ValidatorKey } from "./wallet-folder.ts";

/** The flags of `touchstone localnet` (DESIGN §6), and `virtual` for tests: blocks only by `advance`. */
export interface LocalnetOptions {
  readonly seed: number;
  readonly miners: number;
  /** Blocks of an epoch. */
  readonly tempo: number;
  readonly blockMs: number;
  readonly finalityLag: number;
  readonly commitReveal: boolean;
  /** A file of raw runtime metadata; null for our own definition. */
  readonly metadata: string | null;
  /** A file with the fault rules in force from the start. */
  readonly faults: string | null;
  /** 0 = any free port. */
  readonly portNode: number;
  readonly portChutes: number;
  /** Everything lies below this folder; it is made when missing. */
  readonly dir: string;
  readonly virtual: boolean;
}

export const LOCALNET_DEFAULTS: Omit<LocalnetOptions, "dir"> = {
  seed: 1,
  miners: 16,
  tempo: 60,
  blockMs: 250,
  finalityLag: 3,
  commitReveal: true,
  metadata: null,
  faults: null,
  portNode: 0,
  portChutes: 0,
  virtual: false,
};

/** The first line of `touchstone localnet --json`. */
export interface ReadyLine {
  readonly ready: true;
  readonly node: string;
  readonly chutes: string;
  readonly control: string;
  readonly netuid: number;
  readonly genesis: Hex;
  /** Absolute path of a touchstone.yaml that works as it is. */
  readonly config: string;
  readonly hotkey: Ss58;
  /** The wallet path, as for `--wallet-path`. */
  readonly wallet: string;
  readonly apiKey: string;
  readonly seconds: number;
}

export interface Localnet extends AsyncDisposable {
  readonly ready: ReadyLine;
  readonly node: SimNode;
  readonly chutes: SimChutes;
  readonly population: Population;
  /** Where the data of an earlier chain in this folder was moved to, null when there was none. */
  readonly formerData: string | null;
}

const NETUID = 2;
const VALIDATOR_STAKE_RAO = 10_000n * 1_000_000_000n;

/**
 * Starts the simulated chain, the simulated Chutes and the control address on loopback, and writes the validator's wallet,
 * API key and configuration below `dir`. Same seed, same keys, miners, answers and genesis. The chain begins anew at every
 * start: what a validator kept of an earlier one in this folder is moved aside.
 * @throws ValidatorError for options, files or fault rules that cannot be used.
 */
export async function startLocalnet(options: LocalnetOptions): Promise<Localnet> {
  const started = performance.now();
  checkOptions(options);
  await cryptoReady();
  const dir = resolve(options.dir);
  await mkdir(dir, { recursive: true });
  const faults = options.faults === null ? null : readFaultList(await readJsonFile(options.faults));
  const seed = localSeed(options.seed);
  const key = makeValidatorKey(seed);
  const population = makePopulation(seed, options.miners);
  await using stack = new AsyncDisposableStack();
  const node = stack.use(await launchNode(options, key, population));
  const chutes = stack.use(await launchChutes(options, key, population, node));
  if (faults !== null) setFaults(node, chutes, faults);
  const control = stack.use(
    await startControl({
      truth: () => population.miners.map(truthOf),
      ledger: () => ({ block: node.height(), ...node.ledger(), ...chutes.ledger() }),
      setFaults: (list) => setFaults(node, chutes, readFaultList(list)),
      advance: (blocks) => node.advance(blocks),
      // What is no action is refused by the node with a sentence.
      owner: (action) => node.owner(action as OwnerAction),
      upgrade: async (request) => node.upgrade(await readUpgradeRequest(request)),
    }),
  );
  const { url, genesis, netuid } = node;
  const addresses = { node: url, chutes: chutes.url, genesis, netuid, apiKey: chutes.apiKey };
  const formerData = await moveFormerData(dataFolder(dir));
  const files = await writeLocalnetFiles(dir, seed, key, addresses);
  const owned = stack.move();
  const seconds = Math.round(performance.now() - started) / 1000;
  const ready: ReadyLine = {
    ready: true,
    ...addresses,
    control: control.url,
    config: files.config,
    hotkey: key.hotkey,
    wallet: files.wallet,
    seconds,
  };
  return { ready, node, chutes, population, formerData, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function setFaults(node: SimNode, chutes: SimChutes, faults: FaultList): void {
  // The node's own check comes first and changes nothing when it refuses; ours has been made already.
  node.setFaults(faults.node);
  chutes.setFaults(faults.chutes);
}

async function launchNode(options: LocalnetOptions, key: ValidatorKey, population: Population): Promise<SimNode> {
  return startNode({
    seed: options.seed,
    runtime: await loadRuntime(options),
    netuid: NETUID,
    tempo: options.tempo,
    commitReveal: options.commitReveal,
    validator: { publicKey: key.pair.publicKey, stakeRao: VALIDATOR_STAKE_RAO },
    miners: population.miners.map((miner) => genesisMiner(miner, options.tempo)),
    blockMs: options.blockMs,
    finalityLag: options.finalityLag,
    virtual: options.virtual,
    port: options.portNode,
  });
}

async function loadRuntime(options: LocalnetOptions): Promise<RuntimeCodec> {
  if (options.metadata === null) return localRuntime({ blockMs: options.blockMs });
  try {
    return runtimeFromMetadata(await readFile(options.metadata));
  } catch (error) {
    throw unusable(
      `the metadata file ${options.metadata} cannot be used`,
      "give a file of raw V14, V15 or V16 metadata",
      error,
    );
  }
}

async function launchChutes(
  options: LocalnetOptions,
  key: ValidatorKey,
  population: Population,
  node: SimNode,
): Promise<SimChutes> {
  return startChutes({
    population,
    validatorHotkey: key.hotkey,
    netuid: NETUID,
    mayAsk: (hotkey) => node.validatorHotkeys().includes(hotkey),
    port: options.portChutes,
    pace: 1,
    now: Date.now,
  });
}

/** Commitments come in the first epoch, in the order of uids, a thief's last. */
function genesisMiner(miner: SimulatedMiner, tempo: number): GenesisMiner {
  const { form, text, order } = miner.commitment;
  const late = order > miner.uid;
  const block = late ? tempo - 1 : 1 + ((order - 1) % (tempo - 3));
  const data = new TextEncoder().encode(text);
  const { publicKey } = miner;
  if (form === "revealed") return { publicKey, commitmentBlock: block, revealed: [{ block: block + 1, data }] };
  return { publicKey, commitment: data, commitmentBlock: block };
}

function truthOf(miner: SimulatedMiner): unknown {
  const { uid, hotkey, chute, quality, kind } = miner;
  return { uid, hotkey, chuteId: chute.chuteId, slug: chute.slug, quality, kind };
}

function checkOptions(options: LocalnetOptions): void {
  const whole: readonly (readonly [keyof LocalnetOptions, number, number])[] = [
    ["seed", 0, Number.MAX_SAFE_INTEGER],
    ["miners", 1, 4095],
    ["tempo", 5, 65_535],
    ["blockMs", 1, 60_000],
    ["finalityLag", 0, 1000],
    ["portNode", 0, 65_535],
    ["portChutes", 0, 65_535],
  ];
  for (const [name, low, high] of whole) {
    const value = Number(options[name]);
    if (Number.isSafeInteger(value) && value >= low && value <= high) continue;
    throw unusable(`The localnet option ${name} is ${value}.`, `Give a whole number from ${low} to ${high}.`);
  }
}

async function readJsonFile(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch (error) {
    throw unusable(`The faults file ${path} cannot be read as JSON.`, "Give a JSON array of fault rules.", error);
  }
}

function unusable(message: string, remedy: string, cause?: unknown): ValidatorError {
  return new ValidatorError(message, {
    exit: "configuration",
    code: "localnet-invalid",
    blame: "validator",
    remedy,
    cause,
  });
}
