import { descendingOrder } from './descending-order.ts';

/**
 * Spearman's rank correlation with average ranks.
 *
 * Source: Spearman (1904); ties as in Kendall & Gibbons (1990), "Rank Correlation Methods".
 * @returns a function of how often each row counts (once each without); null where one side is then
 *   constant
 * @throws RangeError where a value is NaN
 */
export function spearmanCorrelation(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): (counts?: ArrayLike<number>) => number | null {
  const [orderA, orderB] = [descendingOrder(a), descendingOrder(b)];
  return (counts) => {
    const count = (row: number) => (counts === undefined ? 1 : (counts[row] as number));
    const [ranksA, ranksB] = [ranksOf(a, orderA, count), ranksOf(b, orderB, count)];
    let rows = 0;
    for (let row = 0; row < a.length; row++) rows += count(row);
    const mean = (rows + 1) / 2;
    let [both, squareA, squareB] = [0, 0, 0];
    for (let row = 0; row < a.length; row++) {
      const times = count(row);
      const [fromA, fromB] = [(ranksA[row] as number) - mean, (ranksB[row] as number) - mean];
      both += times * fromA * fromB;
      squareA += times * fromA * fromA;
      squareB += times * fromB * fromB;
    }
    return squareA === 0 || squareB === 0 ? null : both / Math.sqrt(squareA * squareB);
  };
}

function ranksOf(
  values: ArrayLike<number>,
  order: ArrayLike<number>,
  count: (row: number) => number,
): Float64Array {
  const ranks = new Float64Array(values.length);
  let before = 0;
  for (let start = 0; start < order.length; ) {
    const value = values[order[start] as number];
    let tied = 0;
    let end = start;
    for (; end < order.length && values[order[end] as number] === value; end++)
      tied += count(order[end] as number);
    for (let place = start; place < end; place++)
      ranks[order[place] as number] = before + (tied + 1) / 2;
    before += tied;
    start = end;
  }
  return ranks;
}
