import { forEachTie } from './for-each-tie.ts';

/** Ranking metrics where each cluster of rows counts as often as it was drawn; null if undefined. */
export type ClusteredRanking = (drawn: ArrayLike<number>) => {
  /** As `rocAuc`. */
  readonly auc: number | null;
  /** As `averagePrecision`. */
  readonly averagePrecision: number | null;
};

/**
 * Ranks rows once, to measure them under many multiplicities of their clusters: rows of one cluster
 * and of equal score become one entry, so a draw is one pass over flat arrays.
 * @param order rows by descending score; rows that are not in it do not count
 * @param labels 0 or 1
 * @param clusterOf cluster of each row
 * @param weights row weights ≥ 0
 */
export function rankClusters(
  order: ArrayLike<number>,
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  clusterOf: ArrayLike<number>,
  weights?: ArrayLike<number>,
): ClusteredRanking {
  const clusters = new Uint32Array(order.length);
  const positives = new Float64Array(order.length);
  const negatives = new Float64Array(order.length);
  /** 1 for the last entry of equal scores. */
  const endsTie = new Uint8Array(order.length);
  let entries = 0;
  let start = 0;
  forEachTie(order, scores, labels, undefined, (tiedPositives, tiedNegatives) => {
    const entryOf = new Map<number, number>();
    const end = start + tiedPositives + tiedNegatives;
    for (; start < end; start++) {
      const row = order[start] as number;
      const cluster = clusterOf[row] as number;
      let entry = entryOf.get(cluster);
      if (entry === undefined) {
        entry = entries++;
        entryOf.set(cluster, entry);
        clusters[entry] = cluster;
      }
      const side = labels[row] === 1 ? positives : negatives;
      side[entry] = (side[entry] as number) + (weights ? (weights[row] as number) : 1);
    }
    endsTie[entries - 1] = 1;
  });

  return (drawn) => {
    let above = 0;
    let total = 0;
    let tiedPositives = 0;
    let tiedNegatives = 0;
    let concordant = 0;
    let area = 0;
    for (let entry = 0; entry < entries; entry++) {
      const times = drawn[clusters[entry] as number] as number;
      tiedPositives += times * (positives[entry] as number);
      tiedNegatives += times * (negatives[entry] as number);
      if (endsTie[entry] === 0) continue;
      concordant += tiedNegatives * (above + tiedPositives / 2);
      above += tiedPositives;
      total += tiedPositives + tiedNegatives;
      if (tiedPositives > 0) area += (tiedPositives * above) / total;
      tiedPositives = 0;
      tiedNegatives = 0;
    }
    const isDefined = above > 0 && above < total;
    return {
      auc: isDefined ? concordant / (above * (total - above)) : null,
      averagePrecision: isDefined ? area / above : null,
    };
  };
}
