import { readBundle } from "../adapters/journal/bundle-file.ts";
import { misshape } from "../adapters/journal/record-shape.ts";
import { sealVerifier } from "../adapters/wallet/verify-seal.ts";
import { isDamage, parseLine } from "../core/audit/bundle-lines.ts";
import { replayBundle } from "../core/audit/replay-bundle.ts";
import { replayChain } from "../core/audit/replay-chain.ts";
import type { BundleVerdict } from "../core/audit/replay-result.ts";
import { EXIT_CODES } from "../core/model/fault.ts";
import type { ReplayShape } from "./machine-types.ts";
import type { Output } from "./output.ts";
import { packOf } from "./packs.ts";

/**
 * Re-derives bundles offline. This room imports neither the chain nor the Chutes adapter, and a test holds it to that: what
 * it says follows from the files alone.
 */
export async function replay(files: readonly string[], output: Output): Promise<number> {
  const verifySeal = await sealVerifier();
  const verdicts: BundleVerdict[] = [];
  for (const file of files) verdicts.push(await replayFile(file, verifySeal));
  const chain = replayChain(verdicts.map((verdict) => verdict.link));
  const shape: ReplayShape = {
    bundles: verdicts.map(({ link: _, ...verdict }, index) => ({ file: files[index] ?? "", ...verdict })),
    chain,
  };
  output.document(shape);
  for (const bundle of shape.bundles) output.say(sentence(bundle));
  if (files.length > 1) output.say(`links among the given files: ${chain}`);
  const good = verdicts.every(({ result }) => result === "verified") && chain !== "mismatch" && chain !== "absent";
  return good ? EXIT_CODES.done : EXIT_CODES.difference;
}

async function replayFile(
  file: string,
  verifySeal: Parameters<typeof replayBundle>[1]["verifySeal"],
): Promise<BundleVerdict> {
  const read = await readBundle(file);
  const lines = isDamage(read) ? [read] : read.map((line, index) => parseLine(line, index + 1));
  return replayBundle(lines, { pack: packOf, shape: misshape, verifySeal });
}

function sentence({ file, epoch, result, signature, first }: ReplayShape["bundles"][number]): string {
  const head = `${file}: ${result}${epoch === null ? "" : `, epoch ${epoch}`}, signature ${signature}`;
  if (first === undefined) return head;
  const { record, index, field, expected, found } = first;
  return `${head}\n  first difference: ${record} in line ${index + 1}${field === "" ? "" : `, ${field}`}: expected ${expected}, found ${found}`;
}
