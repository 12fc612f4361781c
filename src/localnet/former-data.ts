import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";

/**
 * A localnet begins its chain anew whenever it starts, so the validator's data of an earlier one is another chain's past. It is
 * moved aside, never deleted: `data` becomes `data.old-1`, `data.old-2` …
 *
 * @returns where it is now, null when there was none
 */
export async function moveFormerData(data: string): Promise<string | null> {
  if (!existsSync(data)) return null;
  let number = 1;
  while (existsSync(`${data}.old-${number}`)) number += 1;
  const moved = `${data}.old-${number}`;
  await rename(data, moved);
  return moved;
}

/** The data folder that the configuration of a localnet names. */
export function dataFolder(dir: string): string {
  return join(dir, "data");
}
