import * as z from 'zod';
import { MOST_TRAINED_CUSTOMERS } from '../clv-sample.ts';

const day = z.iso.date();
const cause = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,40}$/, 'is not 1 to 40 letters, digits and hyphens');

/** What starts the machine `clv-training`: its schedule or a drop the day and why, more by hand. */
export const clvTrainingRequest = z.strictObject({
  /** Orders before this day count; the day on which it is asked where it is not given. */
  date: day.optional(),
  /** Keeps runs of one day apart: `drop`, `second-try`. */
  cause: cause.optional(),
  /** Those of the version that serves, else 365. */
  horizon_days: z.int().min(1).max(3650).optional(),
  /** Orders are gathered in so many parts: at most some 50,000 customers each. */
  parts: z.int().min(1).max(1000).default(4),
  /** Of a larger base a seeded sample of about so many learns, as by `clv train`. */
  most_customers: z.int().min(1).default(MOST_TRAINED_CUSTOMERS),
  seed: z.int().default(1),
  why: z.string().min(1).max(200).default('by hand'),
});
export type ClvTrainingRequest = z.output<typeof clvTrainingRequest>;

/** What every step of a run is told: settled at its first start, so that done again it is the same. */
export const clvTrainingPlan = z.strictObject({
  run_id: z.string().regex(/^clv-training-[A-Za-z0-9-]{10,60}$/),
  date: day,
  horizon_days: z.int().min(1),
  chunks: z.int().min(1),
  parts: z.int().min(1),
  most_customers: z.int().min(1),
  seed: z.int(),
  why: z.string(),
  /** The version that served as the run began: its tiers stay where they can. */
  champion: z.string().nullable(),
  code_version: z.string(),
  /** When the run began, which the registry keeps. */
  began_at: z.iso.datetime(),
});
export type ClvTrainingPlan = z.infer<typeof clvTrainingPlan>;

/** How a run's version came out. */
export const clvTrainingVerdict = z.strictObject({
  version: z.string(),
  status: z.enum(['candidate', 'rejected']),
  /** One line a gate that keeps it from being a candidate. */
  blocking: z.array(z.strictObject({ name: z.string(), verdict: z.string(), rule: z.string() })),
  customers: z.int(),
  /** How many the base has: more where a sample was trained on. */
  base: z.int(),
  champion: z.string(),
  /** On later days; null where history is too short to measure. */
  gini: z.number().nullable(),
  spearman: z.number().nullable(),
});
export type ClvTrainingVerdict = z.infer<typeof clvTrainingVerdict>;

/** A run goes by its day and cause: a repeated start is the same run. */
export function clvTrainingRun({
  date,
  cause,
}: {
  readonly date: string;
  readonly cause?: string | undefined;
}) {
  return ['clv-training', date, ...(cause === undefined ? [] : [cause])].join('-');
}
