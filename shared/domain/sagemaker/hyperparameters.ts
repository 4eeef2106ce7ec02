import * as z from 'zod';
import { UnsupportedHyperparameter } from '../../errors.ts';
import { inverseLink, linkFunction } from '../../trees/objective.ts';
import {
  type CompleteParameters,
  completeParameters,
  type TrainingParameters,
} from '../../trees/train/parameters.ts';

/** A SageMaker job's `HyperParameters`: all text. */
export type Hyperparameters = Readonly<Record<string, string>>;

/** What hyperparameters say to the trainer here. */
export interface TrainingSettings {
  readonly parameters: TrainingParameters;
  /** The channel's second column holds weights. */
  readonly csvWeights: boolean;
  /** In the order that they are reported; the last one decides early stopping. */
  readonly evalMetrics: readonly string[];
}

type TrainedObjective = TrainingParameters['objective'];

/**
 * By objective the metric that early stopping here minimises, as the container calls it; null where
 * the container has none: its `tweedie-nloglik` needs `@power`, which its own check of
 * hyperparameters refuses.
 */
export const LOSS_METRIC: Readonly<Record<TrainedObjective, string | null>> = {
  'binary:logistic': 'logloss',
  'reg:squarederror': 'rmse',
  'count:poisson': 'poisson-nloglik',
  'reg:tweedie': null,
};

/** Reported beside the loss. */
const METRICS: Readonly<Record<TrainedObjective, readonly string[]>> = {
  'binary:logistic': ['auc', 'logloss'],
  'reg:squarederror': ['mae', 'rmse'],
  'count:poisson': ['rmse', 'poisson-nloglik'],
  'reg:tweedie': ['mae', 'rmse'],
};

/** The container's name of a parameter that is a plain number on both sides. */
const NUMBERS = {
  trees: 'num_round',
  learningRate: 'eta',
  maxDepth: 'max_depth',
  maxBins: 'max_bin',
  minChildWeight: 'min_child_weight',
  lambda: 'lambda',
  alpha: 'alpha',
  gamma: 'gamma',
  subsample: 'subsample',
  columnSample: 'colsample_bytree',
  seed: 'seed',
} as const satisfies Partial<Record<keyof CompleteParameters, string>>;

const ALIASES: Readonly<Record<string, string>> = {
  learning_rate: 'eta',
  min_split_loss: 'gamma',
  reg_lambda: 'lambda',
  reg_alpha: 'alpha',
};

/** The container's other names and the values of them that change nothing here. */
const WITHOUT_EFFECT: Readonly<Record<string, RegExp>> = {
  booster: /^gbtree$/,
  tree_method: /^(auto|hist)$/,
  process_type: /^default$/,
  sampling_method: /^uniform$/,
  num_parallel_tree: /^1$/,
  scale_pos_weight: /^1(\.0*)?$/,
  colsample_bylevel: /^1(\.0*)?$/,
  colsample_bynode: /^1(\.0*)?$/,
  predictor: /^(auto|cpu_predictor)$/,
  verbosity: /^[0-3]$/,
  save_model_on_termination: /^(true|false)$/,
  deterministic_histogram: /^(true|false)$/,
};

/** Seeds of the container. */
const GREATEST_SEED = 2 ** 31 - 2;

/**
 * Our parameters as hyperparameters of the built-in XGBoost container (its version 3.2-0). The
 * container grows histograms (`tree_method` hist), the method that this trainer follows and that
 * takes monotone constraints.
 * @param weighted the rows have weights
 * @throws InvalidRequest for a parameter out of range
 * @throws UnsupportedHyperparameter for one that the container cannot be told
 */
export function toHyperparameters(
  parameters: TrainingParameters,
  weighted: boolean,
): Hyperparameters {
  const complete = completeParameters(parameters);
  const { objective, earlyStoppingRounds, monotone, baseMargin, maxLeaves, threads } = complete;
  refuseOurOwn(parameters, complete);
  const optional = {
    ...(monotone === null ? {} : { monotone_constraints: `(${monotone.join(',')})` }),
    ...(earlyStoppingRounds === null ? {} : { early_stopping_rounds: String(earlyStoppingRounds) }),
    ...(parameters.maxDeltaStep == null ? {} : { max_delta_step: String(complete.maxDeltaStep) }),
    ...(baseMargin === null ? {} : { base_score: String(inverseLink(objective)(baseMargin)) }),
    ...(objective === 'reg:tweedie'
      ? { tweedie_variance_power: String(complete.tweedieVariancePower) }
      : {}),
    ...(threads === 1 ? {} : { nthread: String(threads) }),
    ...(weighted ? { csv_weights: '1' } : {}),
  };
  return {
    objective,
    ...Object.fromEntries(
      Object.entries(NUMBERS).map(([ours, theirs]) => [
        theirs,
        String(complete[ours as keyof typeof NUMBERS]),
      ]),
    ),
    tree_method: 'hist',
    grow_policy: complete.grow === 'leaf-wise' ? 'lossguide' : 'depthwise',
    max_leaves: String(maxLeaves ?? 0),
    eval_metric: METRICS[objective].join(','),
    ...optional,
  };
}

/**
 * The container's hyperparameters as our parameters: what the embedded stand-in trains with.
 * @throws UnsupportedHyperparameter naming the hyperparameter and what can be done
 * @throws InvalidRequest for a value out of range
 */
export function fromHyperparameters(given: Hyperparameters): TrainingSettings {
  const texts = new Map(Object.entries(given).map(([key, text]) => [ALIASES[key] ?? key, text]));
  const take = (key: string): string | undefined => {
    const text = texts.get(key);
    texts.delete(key);
    return text;
  };
  const number = (key: string): number | undefined => {
    const text = take(key);
    return text === undefined ? undefined : numberOf(key, text);
  };
  const objective = objectiveOf(take('objective'));
  if (!texts.has('num_round'))
    throw new UnsupportedHyperparameter('num_round is missing: the container requires it');
  const numbers = Object.fromEntries(
    Object.entries(NUMBERS).flatMap(([ours, theirs]) => {
      const value = number(theirs);
      return value === undefined ? [] : [[ours, value]];
    }),
  );
  const maxLeaves = number('max_leaves') ?? 0;
  const baseScore = number('base_score');
  const power = number('tweedie_variance_power');
  const tuned = take('_tuning_objective_metric')?.replace(/^validation:/, '');
  const named = take('eval_metric')?.split(',') ?? [];
  const parameters: TrainingParameters = {
    objective,
    ...numbers,
    ...(maxLeaves === 0 ? {} : { maxLeaves }),
    ...orNothing('grow', growOf(take('grow_policy'))),
    ...orNothing('monotone', monotoneOf(take('monotone_constraints'))),
    ...orNothing('earlyStoppingRounds', number('early_stopping_rounds')),
    ...orNothing('maxDeltaStep', number('max_delta_step')),
    ...(objective === 'reg:tweedie' ? orNothing('tweedieVariancePower', power) : {}),
    ...(baseScore === undefined ? {} : { baseMargin: linkFunction(objective)(baseScore) }),
    ...orNothing('threads', number('nthread')),
  };
  const csvWeights = take('csv_weights') === '1';
  for (const [key, text] of texts) refuseUnknown(key, text);
  const evalMetrics = tuned === undefined || named.includes(tuned) ? named : [...named, tuned];
  refuseOtherStopping(parameters, tuned ?? evalMetrics.at(-1));
  completeParameters(parameters);
  return { parameters, csvWeights, evalMetrics };
}

function refuseOurOwn(given: TrainingParameters, complete: CompleteParameters): void {
  const { objective, earlyStoppingRounds, tweedieVariancePower, seed } = complete;
  for (const ours of ['categoriesToGroup', 'maxGroupedCategories'] as const)
    if (given[ours] !== undefined)
      throw new UnsupportedHyperparameter(
        `${ours}: text channels carry no categories. Leave it out`,
      );
  if (earlyStoppingRounds !== null && LOSS_METRIC[objective] === null)
    throw new UnsupportedHyperparameter(
      `earlyStoppingRounds: the container cannot stop early on the loss of ${objective}. Choose the number of trees beforehand`,
    );
  if (objective === 'reg:tweedie' && tweedieVariancePower === 1)
    throw new UnsupportedHyperparameter(
      'tweedieVariancePower 1: the container wants more than 1. Use count:poisson',
    );
  if (Math.abs(seed) > GREATEST_SEED)
    throw new UnsupportedHyperparameter(`seed ${seed}: the container's seeds have 32 bits`);
  if (complete.baseMargin !== null && inverseLink(objective)(complete.baseMargin) < 0)
    throw new UnsupportedHyperparameter(
      `baseMargin ${complete.baseMargin}: the container's base_score is not negative`,
    );
}

/** The container compares any metric; the trainer here the objective's own loss. */
function refuseOtherStopping(
  { objective, earlyStoppingRounds }: TrainingParameters,
  metric: string | undefined,
): void {
  if (earlyStoppingRounds == null) return;
  const loss = LOSS_METRIC[objective];
  if (metric === undefined)
    throw new UnsupportedHyperparameter(
      `early_stopping_rounds without eval_metric: the container would not stop at all. Give eval_metric ${loss ?? ''}`,
    );
  if (metric !== loss)
    throw new UnsupportedHyperparameter(
      `early_stopping_rounds on ${metric}: the trainer here stops on ${loss ?? 'nothing'} of ${objective}. Name it last in eval_metric`,
    );
}

const objectiveSchema = z.enum([
  'binary:logistic',
  'reg:squarederror',
  'reg:tweedie',
  'count:poisson',
]);

function objectiveOf(text = 'reg:squarederror'): TrainedObjective {
  const parsed = objectiveSchema.safeParse(text === 'reg:linear' ? 'reg:squarederror' : text);
  if (parsed.success) return parsed.data;
  throw new UnsupportedHyperparameter(
    `objective ${text} is not trained here: one of ${objectiveSchema.options.join(', ')} is`,
  );
}

function growOf(text: string | undefined): TrainingParameters['grow'] {
  if (text === undefined) return undefined;
  if (text === 'depthwise') return 'depth-wise';
  if (text === 'lossguide') return 'leaf-wise';
  throw new UnsupportedHyperparameter(`grow_policy ${text}: depthwise or lossguide`);
}

function monotoneOf(text: string | undefined): TrainingParameters['monotone'] | undefined {
  if (text === undefined) return undefined;
  const inside = /^[[(](.*?),?[\])]$/.exec(text.replaceAll(' ', ''))?.[1];
  const directions = inside?.split(',').map(Number) ?? [];
  if (directions.length > 0 && directions.every(isDirection)) return directions;
  throw new UnsupportedHyperparameter(
    `monotone_constraints ${text}: a list of 1, 0 and -1 in brackets, one a column`,
  );
}

function isDirection(value: number): value is -1 | 0 | 1 {
  return value === -1 || value === 0 || value === 1;
}

function refuseUnknown(key: string, text: string): void {
  const harmless = WITHOUT_EFFECT[key];
  if (harmless === undefined)
    throw new UnsupportedHyperparameter(
      `${key} ${JSON.stringify(text)} has no counterpart in the trainer here. Leave it out`,
    );
  if (!harmless.test(text))
    throw new UnsupportedHyperparameter(
      `${key} ${JSON.stringify(text)} is not what the trainer here does: it takes ${harmless.source}`,
    );
}

function numberOf(key: string, text: string): number {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(number)) return number;
  throw new UnsupportedHyperparameter(`${key} ${JSON.stringify(text)} is no number`);
}

function orNothing<Key extends keyof TrainingParameters>(
  key: Key,
  value: TrainingParameters[Key] | undefined,
): Partial<Pick<TrainingParameters, Key>> {
  return value === undefined ? {} : ({ [key]: value } as Pick<TrainingParameters, Key>);
}
