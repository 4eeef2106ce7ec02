/**
 * Draws by the cluster bootstrap: whole clusters (users) are drawn with replacement, so that rows of
 * one user, which resemble each other, do not make an interval too narrow. The draws of all
 * statistics are paired: a difference of two of them is a draw of the difference.
 *
 * Source: Davison & Hinkley (1997), "Bootstrap Methods and their Application", 3.8; Efron (1979).
 * @param statistics values where each cluster counts as often as it was drawn, always in the same
 *   order; null where one is undefined
 * @param random uniform in [0, 1)
 * @returns for each statistic its value in every draw, NaN where it was undefined
 */
export function clusterBootstrap(
  clusterCount: number,
  statistics: (drawn: Uint32Array) => readonly (number | null)[],
  random: () => number,
  draws = 500,
): Float64Array[] {
  const drawn = new Uint32Array(clusterCount);
  const samples: Float64Array[] = [];
  for (let draw = 0; draw < draws; draw++) {
    drawn.fill(0);
    for (let pick = 0; pick < clusterCount; pick++) {
      const cluster = Math.floor(random() * clusterCount);
      drawn[cluster] = (drawn[cluster] as number) + 1;
    }
    for (const [index, value] of statistics(drawn).entries()) {
      samples[index] ??= new Float64Array(draws);
      samples[index][draw] = value ?? Number.NaN;
    }
  }
  return samples;
}
