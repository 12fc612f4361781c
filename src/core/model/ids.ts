/** Lower-case hexadecimal with `0x` in front. */
export type Hex = `0x${string}`;
/** SHA-256, 32 bytes. */
export type Digest = Hex;
/** Account address with the network prefix 42 (chain.md §0.1). */
export type Ss58 = string;
/** Unsigned 64-bit and larger integers travel as decimal strings: JSON numbers end at 2^53. */
export type Decimal = string;

/** One cycle: one epoch of one mechanism of one subnet. `epoch` is the chain's SubnetEpochIndex. */
export interface CycleKey {
  readonly netuid: number;
  readonly mechid: number;
  readonly epoch: number;
}

/** mechid · 4096 + netuid: the key of Weights, Incentive, LastUpdate (chain.md T5). */
export function storageIndex(netuid: number, mechid: number): number {
  return mechid * 4096 + netuid;
}
