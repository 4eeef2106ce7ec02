import * as z from 'zod';
import { snapshotRecord } from './model.ts';

const day = z.iso.date();
const time = z.iso.datetime();

/**
 * What a start of the machine `training` says. The schedule's own event is one: of it, only `time`
 * matters.
 */
export const trainingRequest = z.object({
  /** When the schedule was due; a start by hand leaves it out. */
  time: time.optional(),
  /** `YYYY-MM-DD`, names the run and its version; the day of `time`, else today. */
  date: day.optional(),
  /** Keeps runs of one day apart: `drift`, `second-try`. */
  cause: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,40}$/, 'is not 1 to 40 letters, digits and hyphens')
    .optional(),
  model: z.enum(['trees', 'logistic']).default('trees'),
  /**
   * Who fits the trees: the function itself, with the default parameters or after a search of
   * them, or a training or tuning job of SageMaker.
   */
  trainer: z.enum(['function', 'search', 'training-job', 'tuning-job']).default('function'),
  /** Of a search: sets of parameters to try. */
  trials: z.int().min(1).default(12),
  /** Only sessions that began in the last so many days; absent: 28, or all with `from`. */
  window_days: z.union([z.number().positive(), z.literal('all')]).optional(),
  /** Measures only users that were not fitted or calibrated on. */
  group_users: z.boolean().default(false),
  /** Of `received_at`: earlier events only build the state, later ones are not read. */
  from: time.nullable().default(null),
  /** Midnight that begins the run's date, so that all of it has been delivered. */
  to: time.optional(),
  seed: z.int().default(1),
  why: z.string().max(500).optional(),
});

/** What a run does, fixed at its first start: done again, it does the same. */
export const trainingRun = trainingRequest.extend({
  why: z.string(),
  run_id: z.string().regex(/^training-[A-Za-z0-9-]{10,60}$/),
  date: day,
  to: time,
  /** When the run began, which the registry keeps. */
  began_at: time,
  code_version: z.string(),
  /** Of the routing as the run began; null where the has-cart rule serves. */
  champion: z.string().nullable(),
});
export type TrainingRun = z.infer<typeof trainingRun>;

/** The training set of a run, beside the rows themselves. */
export const trainingSet = z.object({
  events: z.int(),
  rows: z.int(),
  /** Hex SHA-256 of the events. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** `received_at` of the newest event, ISO 8601. */
  newest: time,
  snapshots: snapshotRecord,
});
export type TrainingSet = z.infer<typeof trainingSet>;

/** What the gates said of a run's model. */
export const trainingVerdict = z.object({
  version: z.string(),
  status: z.enum(['candidate', 'rejected']),
  /** One line a gate that keeps it from being a candidate. */
  blocking: z.array(z.object({ name: z.string(), verdict: z.string(), rule: z.string() })),
  /** Required gates or not: what the data could not decide. */
  undecided: z.array(z.string()),
  auc: z.number().nullable(),
  average_precision: z.number().nullable(),
});
export type TrainingVerdict = z.infer<typeof trainingVerdict>;

/** An error as a state machine catches it. */
export const caughtError = z.object({ Error: z.string(), Cause: z.string().default('') });
export type CaughtError = z.infer<typeof caughtError>;
