import * as z from 'zod';
import { InvalidRequest } from '../../errors.ts';

const share = z.number().gt(0).max(1);
const penalty = z.number().min(0).max(1e9).default(0);

/** Bins of a column are one byte each. */
const MOST_BINS = 256;

/** What XGBoost clips a Poisson leaf to unless told otherwise. */
const POISSON_MAX_DELTA_STEP = 0.7;

/** How to train. Names are XGBoost's in camel case; defaults are its too, where it has one. */
const trainingParametersSchema = z.strictObject({
  objective: z.enum(['binary:logistic', 'reg:squarederror', 'reg:tweedie', 'count:poisson']),
  /** Trees to grow, at most. */
  trees: z.int().min(1).max(100_000).default(100),
  /** Factor of every leaf, XGBoost's `eta`. */
  learningRate: z.number().gt(0).max(1).default(0.3),
  /** Splits on the longest path. */
  maxDepth: z.int().min(1).max(62).default(6),
  /** Leaves of one tree, at most; null for as many as the depth allows. */
  maxLeaves: z.int().min(2).max(65_536).nullable().default(null),
  /** Level by level, or the split of the highest gain first (XGBoost's `lossguide`). */
  grow: z.enum(['depth-wise', 'leaf-wise']).default('depth-wise'),
  /** Bins of one column; missing values take one of them. */
  maxBins: z.int().min(2).max(MOST_BINS).default(MOST_BINS),
  /** Least sum of hessians of a child. */
  minChildWeight: z.number().min(0).max(1e9).default(1),
  /** L2 penalty of a leaf. */
  lambda: penalty.default(1),
  /** L1 penalty of a leaf. */
  alpha: penalty,
  /** Least loss reduction: splits below it are pruned, from the leaves upwards. */
  gamma: penalty,
  /** Share of rows each tree sees. */
  subsample: share.default(1),
  /** Share of columns each tree sees. */
  columnSample: share.default(1),
  /** By column: 1 where the margin must not fall as the value rises, −1 where it must not rise. */
  monotone: z
    .array(z.literal([-1, 0, 1]))
    .readonly()
    .nullable()
    .default(null),
  /** Variance ∝ mean^power. */
  tweedieVariancePower: z.number().gte(1).lt(2).default(1.5),
  /** Bound of a leaf before the learning rate, 0 for none; null for 0.7 of Poisson, 0 of others. */
  maxDeltaStep: z.number().min(0).max(1e9).nullable().default(null),
  /** Of a column of at least this many categories, a split may separate groups instead of one. */
  categoriesToGroup: z.int().min(2).max(MOST_BINS).default(4),
  /** Categories on the smaller side of a grouping split, at most. */
  maxGroupedCategories: z.int().min(1).max(MOST_BINS).default(64),
  seed: z.int().default(0),
  /** Stop after so many trees without a better validation loss; null for never. */
  earlyStoppingRounds: z.int().min(1).nullable().default(null),
  /** The margin before any tree; null for that of the labels' weighted mean. */
  baseMargin: z.number().nullable().default(null),
  /** Threads; the result is the same for any number of them. */
  threads: z.int().min(1).max(256).default(1),
});

/** What a caller gives: everything but the objective has a default. */
export type TrainingParameters = z.input<typeof trainingParametersSchema>;

export type CompleteParameters = Omit<z.output<typeof trainingParametersSchema>, 'maxDeltaStep'> & {
  readonly maxDeltaStep: number;
};

/** @throws InvalidRequest naming the first parameter that is out of range, and the range */
export function completeParameters(parameters: TrainingParameters): CompleteParameters {
  const parsed = trainingParametersSchema.safeParse(parameters);
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    const field =
      issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined);
    throw new InvalidRequest(`training parameter ${field ?? ''}: ${issue.message}`, field);
  }
  const { maxDeltaStep, objective } = parsed.data;
  return {
    ...parsed.data,
    maxDeltaStep: maxDeltaStep ?? (objective === 'count:poisson' ? POISSON_MAX_DELTA_STEP : 0),
  };
}
