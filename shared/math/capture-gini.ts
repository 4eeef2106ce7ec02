import { descendingOrder } from './descending-order.ts';

/**
 * Gini of a ranking: twice the area between the diagonal and the curve of the share of value captured
 * by the best-scored, equal scores joined by a straight line.
 *
 * Source: the cumulative accuracy profile of Sobehart, Keenan & Stein (2000), for amounts.
 * @param scores any finite numbers: only their order counts
 * @param values what is captured, of any sign
 * @returns a function of how often each row counts (once each without); null where the values then
 *   sum to 0
 * @throws RangeError where a score is NaN
 */
export function captureGini(
  scores: ArrayLike<number>,
  values: ArrayLike<number>,
): (counts?: ArrayLike<number>) => number | null {
  const order = descendingOrder(scores);
  return (counts) => {
    let [rows, total, area] = [0, 0, 0];
    for (let start = 0; start < order.length; ) {
      const score = scores[order[start] as number];
      let [tied, captured] = [0, 0];
      let end = start;
      for (; end < order.length; end++) {
        const row = order[end] as number;
        if (scores[row] !== score) break;
        const count = counts === undefined ? 1 : (counts[row] as number);
        tied += count;
        captured += count * (values[row] as number);
      }
      area += tied * (total + captured / 2);
      total += captured;
      rows += tied;
      start = end;
    }
    return total === 0 ? null : (2 * area) / (rows * total) - 1;
  };
}
