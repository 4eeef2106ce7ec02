/**
 * Kendall's tau-b, corrected for ties; null where one side is constant. Takes n² / 2 comparisons.
 *
 * Source: Kendall & Gibbons (1990), "Rank Correlation Methods", 3.3.
 */
export function kendallTauB(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  let [agreement, untiedA, untiedB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < i; j++) {
      const inA = Math.sign((a[i] as number) - (a[j] as number));
      const inB = Math.sign((b[i] as number) - (b[j] as number));
      agreement += inA * inB;
      untiedA += Math.abs(inA);
      untiedB += Math.abs(inB);
    }
  return untiedA === 0 || untiedB === 0 ? null : agreement / Math.sqrt(untiedA * untiedB);
}
