import { descendingOrder } from '../math/descending-order.ts';
import type { ClvValueTier } from '../schemas/clv.ts';
import type { ClvDocument } from '../schemas/clv-model.ts';

/** Values from which on a customer is of the high tier, and of the medium one. */
export type ClvCutPoints = ClvDocument['cut_points'];

/** The high tier are the best customers who hold this share of all value together, the medium one those up to the next. */
const SHARES = { high: 0.6, medium: 0.9 } as const;
const DIGITS = 2;
/** Cut points of an earlier model stay while their shares are this close to those above. */
const STABLE = 0.05;

/**
 * Cut points by share of value, rounded to two digits.
 * @param values ≥ 0
 * @param before cut points of the model in use: they stay where the value shares above them are within
 *   5 percentage points of those asked for, so that customers do not change tiers for a new training
 */
export function clvCutPoints(
  values: Float64Array,
  before: ClvCutPoints | null = null,
): ClvCutPoints {
  const order = descendingOrder(values);
  const total = values.reduce((sum, value) => sum + value, 0);
  const shareAbove = (cut: number) =>
    values.reduce((sum, value) => sum + (value >= cut ? value : 0), 0) / total;
  const stays = (tier: keyof typeof SHARES) =>
    before !== null &&
    before[tier] > 0 &&
    Math.abs(shareAbove(before[tier]) - SHARES[tier]) <= STABLE;
  const valueAt = (share: number) => {
    let held = 0;
    for (const row of order) {
      held += values[row] as number;
      if (held >= share * total) return Number((values[row] as number).toPrecision(DIGITS));
    }
    return 0;
  };
  const cut = (tier: keyof typeof SHARES) =>
    stays(tier) && before !== null ? before[tier] : valueAt(SHARES[tier]);
  return { high: cut('high'), medium: cut('medium') };
}

/** A value of 0 is low wherever the cut points are. */
export function clvTier(value: number, { high, medium }: ClvCutPoints): ClvValueTier {
  if (value <= 0) return 'low';
  if (value >= high) return 'high';
  return value >= medium ? 'medium' : 'low';
}
