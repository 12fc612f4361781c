import { readBundle } from "../adapters/journal/bundle-file.ts";
import { misshape } from "../adapters/journal/record-shape.ts";
import { sealVerifier } from "../adapters/wallet/verify-seal.ts";
import { type BundleDamage, type BundleLine, isDamage, parseLine } from "../core/audit/bundle-lines.ts";
import { replayBundle } from "../core/audit/replay-bundle.ts";
import { replayChain } from "../core/audit/replay-chain.ts";
import type { AuditValue, BundleLink, BundleVerdict } from "../core/audit/replay-result.ts";
import type { OpenCommit } from "../core/audit/reveal.ts";
import { EXIT_CODES } from "../core/model/fault.ts";
import type { ReplayShape } from "./machine-types.ts";
import type { Output } from "./output.ts";
import { packOf } from "./packs.ts";

/**
 * Re-derives bundles offline. This room imports neither the chain nor the Chutes adapter, and a test holds it to that: what
 * it says follows from the files alone.
 */
export async function replay(files: readonly string[], output: Output): Promise<number> {
  const verdicts: BundleVerdict[] = [];
  for (const file of files) verdicts.push(await replayFile(file));
  const links = verdicts.map((verdict) => verdict.link);
  const chain = replayChain(links, await openerFor(links));
  const shape: ReplayShape = {
    bundles: verdicts.map((verdict, index) => bundleShape(files[index] ?? "", verdict)),
    chain,
  };
  output.document(shape);
  for (const line of shape.bundles.flatMap(sentences)) output.say(line);
  if (files.length > 1) output.say(`links among the given files: ${chain}${HINTS[chain]}`);
  const good = verdicts.every(({ result }) => result === "verified") && chain !== "mismatch" && chain !== "absent";
  return good ? EXIT_CODES.done : EXIT_CODES.difference;
}

/** The curve is loaded only for bundles that settle a commit. */
async function openerFor(links: readonly (BundleLink | undefined)[]): Promise<OpenCommit> {
  if (links.every((link) => (link?.settlement?.reveal?.pulse ?? null) === null)) return () => undefined;
  return (await import("../core/audit/open-commit.ts")).openCommit;
}

const HINTS: Readonly<Record<AuditValue, string>> = {
  verified: "",
  mismatch: " (are they given oldest first? epochs must ascend)",
  absent: " (a bundle between them is missing)",
  "cannot-check": " (the first one's predecessor is not among them)",
};

function bundleShape(
  file: string,
  { netuid, mechid, epoch, result, signature, first }: BundleVerdict,
): ReplayShape["bundles"][number] {
  return { file, netuid, mechid, epoch, result, signature, ...(first === undefined ? {} : { first }) };
}

async function replayFile(file: string): Promise<BundleVerdict> {
  const read = await readBundle(file);
  const lines = isDamage(read) ? [read] : parsed(read);
  const verifySeal = !isDamage(read) && isSigned(read) ? await sealVerifier() : (): boolean => false;
  return replayBundle(lines, { pack: packOf, shape: misshape, verifySeal });
}

/** What checks signatures takes as long to load as all the rest; nothing else than such a text is a signature. */
function isSigned(lines: readonly string[]): boolean {
  return lines.at(-1)?.includes('"signature":"0x') === true;
}

/** One after the other: a parsed line takes several times the memory of its text. */
function* parsed(lines: readonly string[]): Generator<BundleLine | BundleDamage> {
  for (const [index, line] of lines.entries()) yield parseLine(line, index + 1);
}

function sentences({ file, epoch, result, signature, first }: ReplayShape["bundles"][number]): readonly string[] {
  const head = `${file}: ${result}${epoch === null ? "" : `, epoch ${epoch}`}, signature ${signature}`;
  if (first === undefined) return [head];
  const { record, index, field, expected, found } = first;
  const where = `${record} in line ${index + 1}${field === "" ? "" : `, ${field}`}`;
  return [head, `  first difference: ${where}: expected ${expected}, found ${found}`];
}
