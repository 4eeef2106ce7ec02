import type { ClvScore, ClvValueTier } from '../schemas/clv.ts';

export interface ClvSegment {
  readonly tier: ClvValueTier;
  readonly customers: number;
  /** Of all customers. */
  readonly share: number;
  readonly predicted_value: number;
  /** Of all predicted value; 0 where there is none. */
  readonly value_share: number;
  /** Null for a tier without customers. */
  readonly mean_value: number | null;
  readonly mean_p_alive: number | null;
}

/** How customers and their value are spread over the tiers, the highest first. */
export function clvSegments(scores: readonly ClvScore[]): readonly ClvSegment[] {
  const total = scores.reduce((sum, { predicted_value }) => sum + predicted_value, 0);
  return (['high', 'medium', 'low'] as const).map((tier) => {
    const own = scores.filter((score) => score.tier === tier);
    const value = own.reduce((sum, { predicted_value }) => sum + predicted_value, 0);
    const alive = own.reduce((sum, { p_alive }) => sum + p_alive, 0);
    return {
      tier,
      customers: own.length,
      share: own.length / scores.length,
      predicted_value: value,
      value_share: total === 0 ? 0 : value / total,
      mean_value: own.length === 0 ? null : value / own.length,
      mean_p_alive: own.length === 0 ? null : alive / own.length,
    };
  });
}
