import { quantile } from './quantile.ts';

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Percentile intervals by the cluster bootstrap: whole clusters (users) are drawn with replacement,
 * so that rows of one user, which resemble each other, do not make an interval too narrow.
 *
 * Source: Davison & Hinkley (1997), "Bootstrap Methods and their Application", 3.8; Efron (1979).
 * @param clusterOf cluster of each row, 0 … clusterCount − 1
 * @param statistics values at the given multiplicity of each row (how often its cluster was drawn);
 *   null where one is undefined
 * @param random uniform in [0, 1)
 * @param level coverage in (0, 1)
 * @returns for each statistic its interval, or null when it was undefined in more than 5 % of draws
 */
export function clusterBootstrap(
  clusterOf: ArrayLike<number>,
  clusterCount: number,
  statistics: (multiplicity: Float64Array) => readonly (number | null)[],
  random: () => number,
  replicates = 500,
  level = 0.95,
): (Interval | null)[] {
  const drawn = new Uint32Array(clusterCount);
  const multiplicity = new Float64Array(clusterOf.length);
  const samples: number[][] = [];
  for (let replicate = 0; replicate < replicates; replicate++) {
    drawn.fill(0);
    for (let draw = 0; draw < clusterCount; draw++) {
      const cluster = Math.floor(random() * clusterCount);
      drawn[cluster] = (drawn[cluster] as number) + 1;
    }
    for (let row = 0; row < multiplicity.length; row++)
      multiplicity[row] = drawn[clusterOf[row] as number] as number;
    for (const [index, value] of statistics(multiplicity).entries()) {
      samples[index] ??= [];
      if (value !== null) samples[index].push(value);
    }
  }
  return samples.map((values) => {
    if (values.length < 0.95 * replicates) return null;
    const sorted = Float64Array.from(values).sort();
    return {
      lower: quantile(sorted, (1 - level) / 2),
      upper: quantile(sorted, (1 + level) / 2),
    };
  });
}
