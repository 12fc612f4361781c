import { readFileSync } from "node:fs";
import { openSigner } from "../../src/adapters/wallet/wallet.ts";
import type { OnceShape, ReplayShape } from "../../src/cli/machine-types.ts";
import type { Signer } from "../../src/ports/signer.ts";
import { Bench } from "./bundles.ts";
import { answer, type Finished, LONG_EPOCH, quickNet, touchstone } from "./processes.ts";

/** Good bundles of consecutive epochs, and the validator's own hotkey: the best equipped forger. */
export interface SealedChain extends Disposable {
  readonly bench: Bench;
  /** Paths, oldest first. */
  readonly bundles: readonly string[];
  readonly insider: Signer;
  /** Path of the bundle at this place of the chain. */
  readonly at: (index: number) => string;
}

export async function sealedChain(length: number, ...flags: readonly string[]): Promise<SealedChain> {
  const bench = new Bench();
  await using net = await quickNet(...flags);
  const bundles: string[] = [];
  for (let cycle = 0; cycle < length; cycle += 1) {
    if (cycle > 0) await net.advance(LONG_EPOCH);
    const { bundle } = answer<OnceShape>(await net.run("once"));
    bundles.push(bench.file(readFileSync(bundle)));
  }
  const insider = await openSigner({ kind: "bittensor", path: net.ready.wallet, name: "validator", hotkey: "default" });
  const at = (index: number): string => {
    const file = bundles[index];
    if (file === undefined) throw new Error(`there are fewer than ${index + 1} bundles`);
    return file;
  };
  return { bench, bundles, insider, at, [Symbol.dispose]: () => bench[Symbol.dispose]() };
}

export function replayed(...files: readonly string[]): Promise<Finished> {
  return touchstone(["replay", ...files, "--json"]);
}

/** What replay says of each file; the whole must not be good. */
export async function verdicts(files: readonly string[]): Promise<ReplayShape["bundles"]> {
  return answer<ReplayShape>(await replayed(...files), 1).bundles;
}

export async function verdict(file: string): Promise<ReplayShape["bundles"][number]> {
  const [only] = await verdicts([file]);
  if (only === undefined) throw new Error("replay said nothing of the file");
  return only;
}
