import type { Digest, Ss58 } from "../../core/model/ids.ts";
import type { Population, SimulatedMiner } from "../population.ts";
import { type Account, makeAccount } from "./account.ts";
import type { SimulatedChute } from "./chute.ts";
import { ReplayCache } from "./epistula.ts";
import { PLATFORM_MODELS, type PlatformModel } from "./platform-models.ts";

/** A chute in operation. */
export interface Deployment {
  readonly chute: SimulatedChute;
  readonly miner: SimulatedMiner | null;
  readonly model: PlatformModel | null;
  readonly seen: ReplayCache;
  hot: boolean;
  /** Warm-up calls so far; a cold chute is hot from the third on. */
  warmUps: number;
  inFlight: number;
}

export interface PlatformOptions {
  readonly population: Population;
  readonly validatorHotkey: Ss58;
  readonly netuid: number;
  /** Whether this hotkey is a validator with permit on the simulated chain. */
  readonly mayAsk: (hotkey: Ss58) => boolean;
}

/** The whole state of the simulated Chutes. */
export interface Platform {
  readonly seed: Digest;
  readonly account: Account;
  readonly options: PlatformOptions;
  readonly deployments: readonly Deployment[];
  bySlug(slug: string): Deployment | undefined;
  /** By UUID, or by name without regard to case (chutes.md §2.2). */
  byIdOrName(text: string): Deployment | undefined;
  /** How often this was called with this key before, from 0. */
  nth(key: string): number;
}

export function makePlatform(options: PlatformOptions): Platform {
  const { miners, seed } = options.population;
  const claimed = new Set<string>();
  const deployments: Deployment[] = PLATFORM_MODELS.map((model) => deploy(model.chute, null, model));
  // A thief names its victim's chute on chain but has deployed nothing: the first owner of an id runs it.
  for (const miner of miners.toSorted((a, b) => a.commitment.order - b.commitment.order)) {
    if (claimed.has(miner.chute.chuteId)) continue;
    claimed.add(miner.chute.chuteId);
    deployments.push(deploy(miner.chute, miner, null));
  }
  const slugs = new Map(deployments.map((entry) => [entry.chute.slug, entry]));
  const ids = new Map(deployments.map((entry) => [entry.chute.chuteId, entry]));
  const names = new Map(deployments.map((entry) => [entry.chute.name.toLowerCase(), entry]));
  return {
    seed,
    account: makeAccount(seed),
    options,
    deployments,
    bySlug: (slug) => slugs.get(slug),
    byIdOrName: (text) => ids.get(text.toLowerCase()) ?? names.get(text.toLowerCase()),
    nth: counter(),
  };
}

/** Keys of a long run do not pile up: beyond this many the oldest is forgotten. */
const KEPT = 50_000;

function counter(): (key: string) => number {
  const counts = new Map<string, number>();
  return (key) => {
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    for (const oldest of counts.size > KEPT ? counts.keys() : []) {
      counts.delete(oldest);
      break;
    }
    return count;
  };
}

function deploy(chute: SimulatedChute, miner: SimulatedMiner | null, model: PlatformModel | null): Deployment {
  return { chute, miner, model, seen: new ReplayCache(), hot: miner?.kind !== "cold", warmUps: 0, inFlight: 0 };
}
