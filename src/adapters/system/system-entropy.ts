import { randomBytes } from "node:crypto";
import type { Entropy } from "../../ports/clock.ts";

/** The operating system's random numbers. */
export function systemEntropy(): Entropy {
  return { bytes: (length) => new Uint8Array(randomBytes(length)) };
}
