import { descendingOrder } from '../math/descending-order.ts';

export type ClvTier = 'High' | 'Medium' | 'Low';

/** Values from which on a customer is High, and Medium. */
export interface ClvCutPoints {
  readonly high: number;
  readonly medium: number;
}

/** High are the best customers who hold this share of all value together, Medium those up to the next. */
const SHARES = { high: 0.6, medium: 0.9 } as const;
const DIGITS = 2;

/**
 * Cut points by share of value, rounded to two digits: so that they stay where they are while the
 * base changes little from week to week.
 * @param values ≥ 0
 */
export function clvCutPoints(values: Float64Array): ClvCutPoints {
  const order = descendingOrder(values);
  const total = values.reduce((sum, value) => sum + value, 0);
  const valueAt = (share: number) => {
    let held = 0;
    for (const row of order) {
      held += values[row] as number;
      if (held >= share * total) return Number((values[row] as number).toPrecision(DIGITS));
    }
    return 0;
  };
  return { high: valueAt(SHARES.high), medium: valueAt(SHARES.medium) };
}

/** A value of 0 is Low wherever the cut points are. */
export function clvTier(value: number, { high, medium }: ClvCutPoints): ClvTier {
  if (value <= 0) return 'Low';
  if (value >= high) return 'High';
  return value >= medium ? 'Medium' : 'Low';
}
