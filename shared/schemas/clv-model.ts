import * as z from 'zod';

const money = z.number().min(0);
/** A forest in XGBoost's JSON. */
const forest = z.record(z.string(), z.unknown());

export const CLV_BASELINES = ['past-spend', 'bg-nbd-gamma-gamma'] as const;
export const CLV_CANDIDATES = [
  'seasonal-bg-nbd',
  'two-stage',
  'tweedie',
  'correction',
  'trees',
  'forests',
  'ensemble',
] as const;

/**
 * `model.json` of a `clv` version: every fact about the population, so that any part of the customers
 * can be scored without the others.
 */
export const clvDocument = z.strictObject({
  kind: z.literal('clv'),
  champion: z.enum(CLV_CANDIDATES),
  horizon_days: z.number().int().min(1),
  /** Days that the labels of the trees covered; fewer than the horizon where history was short. */
  label_days: z.number().int().min(0),
  /** Epoch milliseconds: orders from here on were not looked at. */
  as_of: z.number(),
  /** Epoch milliseconds: when the orders began. */
  data_from: z.number(),
  bg_nbd: z.strictObject({
    r: z.number(),
    alpha: z.number(),
    a: z.number(),
    b: z.number(),
    diagnosis: z.array(z.string()),
    fallback: z.string().nullable(),
  }),
  gamma_gamma: z.strictObject({
    p: z.number(),
    q: z.number(),
    v: z.number(),
    diagnosis: z.array(z.string()),
    fallback: z.string().nullable(),
  }),
  /** Sales of each day of the last year relative to its mean day; null where less is known. */
  season: z
    .strictObject({
      /** Day of the first, from 0 at 1970. */
      from_day: z.number().int(),
      days: z.array(z.number().min(0)),
    })
    .nullable(),
  /** Customers carried sessions and carts: they must again when they are scored. */
  activity: z.literal(true).optional(),
  /** The 99.9th percentile of the labels: wholesalers teach no more than that. */
  value_cap: money,
  /** Null where there was too little to learn from. */
  trees: z
    .strictObject({
      features: z.array(z.string()),
      /** Of a label. */
      mean: money,
      /** BG/NBD × Gamma-Gamma's least value that a correction multiplies. */
      least: money,
      smearing: money,
      buy: forest,
      amount: forest,
      tweedie: forest,
      correction: forest,
      /** What brings a component's total to that of BG/NBD × Gamma-Gamma before the season. */
      levels: z.strictObject({ two_stage: money, tweedie: money, correction: money }),
    })
    .nullable(),
  cut_points: z.strictObject({ high: money, medium: money }),
  intervals: z.strictObject({
    /** `exponential`: no later rows to learn from, the distribution of most entropy of that mean. */
    basis: z.enum(['time-later', 'exponential']),
    /** Share of later customers within theirs, who had no part in it; null without later rows. */
    coverage: z.number().min(0).max(1).nullable(),
    /** From this predicted value on, what multiplies it: ascending, the first from 0. */
    bins: z.array(z.strictObject({ from: money, low: z.number().min(0), high: z.number().min(0) })),
  }),
});
export type ClvDocument = z.infer<typeof clvDocument>;
