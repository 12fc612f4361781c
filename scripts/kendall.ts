/** Kendall's τ-b of two equally long lists: +1 same order, −1 opposite, ties discounted on both sides; null when undefined. */
export function kendallTauB(xs: readonly number[], ys: readonly number[]): number | null {
  let agreement = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 0; i < xs.length; i += 1) {
    for (let j = i + 1; j < xs.length; j += 1) {
      const x = Math.sign((xs[i] ?? 0) - (xs[j] ?? 0));
      const y = Math.sign((ys[i] ?? 0) - (ys[j] ?? 0));
      agreement += x * y;
      untiedX += x * x;
      untiedY += y * y;
    }
  }
  const scale = Math.sqrt(untiedX * untiedY);
  return scale === 0 ? null : agreement / scale;
}
