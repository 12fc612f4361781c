/** Version numbers of the simulated runtime (chain-newest.md: mainnet since October 2026). */
export const SPEC_NAME: string = "node-subtensor";
export const SPEC_VERSION: number = 475;
export const TRANSACTION_VERSION: number = 1;

/** SS58 prefix of all addresses. */
export const SS58_PREFIX: number = 42;

/** Blocks whose hash is kept: the longest life of a mortal extrinsic (chain.md §0.1). */
export const BLOCK_HASH_COUNT: number = 2400;
