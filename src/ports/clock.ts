/** Time as an input. Nothing that reaches a weight reads it (DESIGN D8, §2); it bounds and measures. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Milliseconds that never go backwards; for durations. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Bytes nobody can foresee: the cycle secret, request ids. */
export interface Entropy {
  bytes(length: number): Uint8Array;
}
