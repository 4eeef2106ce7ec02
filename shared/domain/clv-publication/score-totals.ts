import * as z from 'zod';
import { CLV_VALUE_TIERS, type ClvScore, clvScore } from '../../schemas/clv.ts';

/** Lower edges of the bins of predicted value: fixed, so that parts add up and weeks compare. */
export const VALUE_EDGES: readonly number[] = [
  0,
  ...[-1, 0, 1, 2, 3, 4, 5].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power)),
];

const tierTotals = z.strictObject({
  customers: z.number(),
  predicted_value: z.number(),
  /** The least value in it; null where it is empty. */
  from: z.number().nullable(),
});

export const scoreTotals = z.strictObject({
  /** Customers who had bought by then: those to be scored. */
  base: z.number(),
  /** Rows. */
  customers: z.number(),
  /** Rows that are no usable score: a number missing, not finite or out of its range. */
  unusable: z.number(),
  /** Rows of a customer who had one already. */
  repeated: z.number(),
  predicted_value: z.number(),
  expected_purchases: z.number(),
  least: z.number().nullable(),
  most: z.number().nullable(),
  tiers: z.strictObject({ low: tierTotals, medium: tierTotals, high: tierTotals }),
  /** Customers by the bin of `VALUE_EDGES` that their value falls in. */
  bins: z.array(z.number()),
});
/** What checks and summaries need of scores; those of parts add up. */
export type ScoreTotals = z.infer<typeof scoreTotals>;
type Tiers = ScoreTotals['tiers'];

const EMPTY_TIER = { customers: 0, predicted_value: 0, from: null };

export const NO_SCORES: ScoreTotals = {
  base: 0,
  customers: 0,
  unusable: 0,
  repeated: 0,
  predicted_value: 0,
  expected_purchases: 0,
  least: null,
  most: null,
  tiers: { low: EMPTY_TIER, medium: EMPTY_TIER, high: EMPTY_TIER },
  bins: VALUE_EDGES.map(() => 0),
};

/**
 * Totals of the scores of one part; what is unusable counts as such and adds nothing else.
 * @param base customers of the part who are to be scored
 */
export function totalsOf(scores: readonly ClvScore[], base: number): ScoreTotals {
  const seen = new Set<string>();
  const tiers = Object.fromEntries(
    CLV_VALUE_TIERS.map((tier) => [tier, { ...EMPTY_TIER }]),
  ) as Tiers;
  const total = { ...NO_SCORES, base, tiers, bins: VALUE_EDGES.map(() => 0) };
  for (const score of scores) {
    total.customers++;
    if (seen.has(score.customer_id)) total.repeated++;
    seen.add(score.customer_id);
    if (!clvScore.safeParse(score).success) {
      total.unusable++;
      continue;
    }
    const { predicted_value: value, expected_purchases: purchases } = score;
    total.predicted_value += value;
    total.expected_purchases += purchases;
    total.least = Math.min(total.least ?? value, value);
    total.most = Math.max(total.most ?? value, value);
    const tier = tiers[score.tier];
    tier.customers++;
    tier.predicted_value += value;
    tier.from = Math.min(tier.from ?? value, value);
    const bin = VALUE_EDGES.findLastIndex((edge) => value >= edge);
    total.bins[bin] = (total.bins[bin] as number) + 1;
  }
  return total;
}

export function addTotals(one: ScoreTotals, other: ScoreTotals): ScoreTotals {
  return {
    base: one.base + other.base,
    customers: one.customers + other.customers,
    unusable: one.unusable + other.unusable,
    repeated: one.repeated + other.repeated,
    predicted_value: one.predicted_value + other.predicted_value,
    expected_purchases: one.expected_purchases + other.expected_purchases,
    least: either(Math.min, one.least, other.least),
    most: either(Math.max, one.most, other.most),
    tiers: Object.fromEntries(
      CLV_VALUE_TIERS.map((tier) => [
        tier,
        {
          customers: one.tiers[tier].customers + other.tiers[tier].customers,
          predicted_value: one.tiers[tier].predicted_value + other.tiers[tier].predicted_value,
          from: either(Math.min, one.tiers[tier].from, other.tiers[tier].from),
        },
      ]),
    ) as Tiers,
    bins: one.bins.map((count, bin) => count + (other.bins[bin] as number)),
  };
}

function either(
  choose: (one: number, other: number) => number,
  one: number | null,
  other: number | null,
): number | null {
  if (one === null || other === null) return one ?? other;
  return choose(one, other);
}
