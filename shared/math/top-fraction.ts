import { baseRate } from './base-rate.ts';
import { descendingOrder } from './descending-order.ts';
import { ratio } from './ratio.ts';

export interface TopFraction {
  /** Rows taken: max(1, ⌈fraction · rows⌉). */
  readonly k: number;
  readonly precision: number;
  /** null when there is no positive. */
  readonly recall: number | null;
  /** Precision over base rate; null when there is no positive. */
  readonly lift: number | null;
}

/**
 * What the highest scores hold; equal scores are taken in row order.
 *
 * Source: Ling & Li (1998), "Data mining for direct marketing".
 * @param scores finite, at least one
 * @param labels 0 or 1
 * @param fraction in (0, 1]
 */
export function topFraction(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  fraction: number,
): TopFraction {
  const k = Math.max(1, Math.ceil(fraction * scores.length));
  let positives = 0;
  for (const row of descendingOrder(scores).subarray(0, k)) if (labels[row] === 1) positives++;
  const precision = positives / k;
  const rate = baseRate(labels) ?? 0;
  return {
    k,
    precision,
    recall: ratio(positives, rate * scores.length),
    lift: ratio(precision, rate),
  };
}
