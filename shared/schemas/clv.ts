import * as z from 'zod';
import { CLV_TIERS } from './decision-policy.ts';

const day = z.iso.date();
const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
const share = z.number().min(0).max(1);
const money = z.number().min(0);

/** Tiers of customers whose value is predicted, from the lowest. */
export const CLV_VALUE_TIERS = CLV_TIERS.slice(0, 3) as ['low', 'medium', 'high'];
export const clvValueTier = z.enum(CLV_VALUE_TIERS);
export type ClvValueTier = z.infer<typeof clvValueTier>;

const clvReason = z.strictObject({
  feature: z.string(),
  value: z.union([z.number(), z.string(), z.null()]),
  contribution: z
    .number()
    .describe("How far this moves the value: in the model's own scale, above 0 is upward."),
});
export type ClvReason = z.infer<typeof clvReason>;

const prediction = {
  predicted_value: money.describe(
    'Expected net spend within the horizon, in the currency of orders.',
  ),
  low: money.describe('80 % of customers like this one spend at least this and at most `high`.'),
  high: money,
  p_alive: share.describe('Probability that the customer still buys at all.'),
  churn_probability: share.describe(
    'Probability that the customer buys nothing within the horizon.',
  ),
  expected_purchases: z.number().min(0),
  tier: clvValueTier,
  reasons: z.array(clvReason),
};

/** What a model says of one customer as of a day. `customer_id` is the pseudonym. */
export const clvScore = z.strictObject({ customer_id: z.string().min(1), ...prediction });
export type ClvScore = z.infer<typeof clvScore>;

const perTier = <Schema extends z.ZodType>(schema: Schema) =>
  z.strictObject({ low: schema, medium: schema, high: schema });

/** A published scoring of the whole base. No wall clock: the same scores, the same bytes. */
export const clvPublication = z.strictObject({
  /** Of the machine's execution, e.g. `clv-scoring-2026-11-23`. */
  run_id: z.string(),
  as_of: day,
  model_version: z.string(),
  horizon_days: z.number().int().min(1),
  /** The publication that was current before; null for the first. */
  previous: z.strictObject({ run_id: z.string(), as_of: day }).nullable(),
  counts: z.strictObject({ customers: z.number().int().min(1) }),
  totals: z.strictObject({
    predicted_value: money,
    mean_value: money,
    expected_purchases: money,
  }),
  tiers: perTier(
    z.strictObject({
      customers: z.number().int().min(0),
      predicted_value: money,
      /** The least value of a customer in it; null where it is empty. */
      from: money.nullable(),
    }),
  ),
  /** Customers by predicted value, from each edge to the next: what next week's drift is against. */
  distribution: z.strictObject({
    edges: z.array(z.number()),
    customers: z.array(z.number().int().min(0)),
  }),
  /** What was checked before, with the numbers. */
  checks: z.array(z.strictObject({ check: z.string(), text: z.string() })),
  /** Key in the lake → SHA-256. */
  files: z.record(z.string(), hex64),
});
export type ClvPublication = z.infer<typeof clvPublication>;

/** The one object that says what is published. */
export const clvPointer = z.strictObject({
  run_id: z.string(),
  as_of: day,
  /** Key of the publication's manifest in the lake. */
  manifest: z.string(),
  sha256: hex64,
});
export type ClvPointer = z.infer<typeof clvPointer>;

/** The online item: what the API answers of a customer. */
export const clvAnswer = z.strictObject({
  ...prediction,
  as_of: day.describe('Orders before this day count.'),
  horizon_days: z.number().int().min(1),
  model_version: z.string(),
});
export type ClvAnswer = z.infer<typeof clvAnswer>;
