import { ValidatorError } from "../core/model/fault.ts";
import type { Pack } from "../core/model/pack.ts";
import { generalPack } from "../packs/general/general-pack.ts";

const PACKS: readonly Pack[] = [generalPack];

/** The pack that a bundle names, when this program has just that version. */
export function packOf(id: string, version: number): Pack | undefined {
  return PACKS.find(({ manifest }) => manifest.id === id && manifest.version === version);
}

/** The newest version of the pack that a configuration names. @throws ValidatorError exit `configuration`. */
export function configuredPack(id: string): Pack {
  const pack = PACKS.findLast(({ manifest }) => manifest.id === id);
  if (pack !== undefined) return pack;
  const known = PACKS.map(({ manifest }) => manifest.id).join(", ");
  throw new ValidatorError(`There is no pack called "${id}".`, {
    exit: "configuration",
    code: "pack-unknown",
    blame: "validator",
    remedy: `Set pack to one of: ${known}.`,
  });
}
