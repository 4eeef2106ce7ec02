import { descendingOrder } from './descending-order.ts';

export interface Decile {
  readonly count: number;
  readonly meanPredicted: number;
  readonly meanActual: number;
}

/**
 * Rows in ten groups by descending prediction, the first n mod 10 one row larger; equal predictions
 * stay in row order, and groups without rows are left out.
 */
export function decileTable(p: ArrayLike<number>, y: ArrayLike<number>): readonly Decile[] {
  const order = descendingOrder(p);
  const deciles: Decile[] = [];
  let start = 0;
  for (let group = 0; group < 10; group++) {
    const count = Math.floor(order.length / 10) + (group < order.length % 10 ? 1 : 0);
    if (count === 0) break;
    const rows = order.subarray(start, start + count);
    const mean = (values: ArrayLike<number>) =>
      rows.reduce((sum, row) => sum + (values[row] as number), 0) / count;
    deciles.push({ count, meanPredicted: mean(p), meanActual: mean(y) });
    start += count;
  }
  return deciles;
}

/** Share of all value in the tenth (rounded up) of the highest predictions; null where it is 0. */
export function topDecileCapture(p: ArrayLike<number>, y: ArrayLike<number>): number | null {
  const order = descendingOrder(p);
  const sum = (rows: Uint32Array) => rows.reduce((total, row) => total + (y[row] as number), 0);
  const total = sum(order);
  return total === 0 ? null : sum(order.subarray(0, Math.ceil(order.length / 10))) / total;
}
