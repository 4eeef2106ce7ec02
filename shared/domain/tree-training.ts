import { NotEnoughData } from '../errors.ts';
import { shrunkenPlatt } from '../math/shrunken-platt.ts';
import { writeCompact } from '../trees/compact-forest.ts';
import { compileForest } from '../trees/evaluate.ts';
import type { Forest } from '../trees/forest.ts';
import { type TrainedForest, type TrainingData, trainForest } from '../trees/train.ts';
import { writeXgboostJson } from '../trees/write-xgboost-json.ts';
import { CART_DIRECTIONS } from './cart-directions.ts';
import type { PrefixRows } from './prefix-rows.ts';
import type { TrainedInput, TrainedModel, TrainingRows } from './trained-model.ts';
import {
  labelsOf,
  listedCategories,
  meanOf,
  requireBothClasses,
  weightsOf,
} from './training-columns.ts';
import type { LearningStep, TreeParameters } from './tree-trial.ts';

/** As good at five cut-offs of RetailRocket as larger leaves, which shops with few buyers never split. */
export const DEFAULT_TREES: TreeParameters = {
  learningRate: 0.03,
  maxDepth: 5,
  minChildWeight: 10,
  lambda: 1,
  subsample: 0.8,
  columnSample: 0.4,
};
const FIXED = {
  objective: 'binary:logistic',
  grow: 'depth-wise',
  maxBins: 256,
  alpha: 0,
  gamma: 0,
} as const;
const MAX_TREES = 600;
const EARLY_STOPPING_ROUNDS = 40;

/** Trees fitted to some rows, as many as do best on others. */
export interface EarlyStopped {
  readonly trees: number;
  /** Log loss of the later rows, every session counting once. */
  readonly loss: number;
  readonly learningCurve: readonly LearningStep[];
  /** Of the later rows, log-odds. */
  readonly margins: Float64Array;
}

/**
 * Fits gradient-boosted trees, as many as do best on later rows that they have not seen, and Platt's
 * calibration on those (drawn back as far as it may be chance); then fits that many again on both,
 * because the newest sessions tell most about the next. Weights as in `trainLogistic`.
 *
 * @param seed of the sampling of rows and columns; the same rows and seed give the same model
 * @throws NotEnoughData when a class has fewer than 10 sessions to fit or to calibrate
 */
export async function trainTrees(
  rows: PrefixRows,
  { fit, calibrate, features }: TrainingRows,
  seed: number,
  parameters: TreeParameters = DEFAULT_TREES,
): Promise<TrainedModel> {
  requireBothClasses(rows, fit, 'to fit');
  requireBothClasses(rows, calibrate, 'to calibrate');
  const both = Uint32Array.from([...fit, ...calibrate]).sort();
  const inputs = variableInputs(rows, both, features);
  const { trees, learningCurve, margins } = await growUntilWorse(
    rows,
    { fit, later: calibrate, inputs },
    seed,
    parameters,
  );
  const { a, b, share } = shrunkenPlatt(
    margins,
    labelsOf(rows, calibrate),
    calibrate.map((row) => rows.unit[row] as number),
  );
  const { forest, importance } = await trainForest(columnsOf(rows, both, inputs), {
    ...trainerParameters(rows, inputs, parameters, seed),
    trees,
  });
  return {
    artifact: {
      kind: 'trees',
      model: Buffer.from(writeXgboostJson(forest)),
      forest: writeCompact(forest),
    },
    calibration: { kind: 'platt', a, b },
    prior: meanOf(labelsOf(rows, both)),
    inputs,
    parameters: { ...FIXED, ...parameters, trees, calibration_share: share },
    title: 'gradient-boosted trees',
    method: `${trees} trees of depth ${parameters.maxDepth}, their number chosen on the calibration sessions; what fills the cart never lowers the score; Platt's calibration, of which ${(100 * share).toFixed(0)} % is kept.`,
    learningCurve,
    movers: `Features by the loss that their splits saved, in shares of the whole:\n\n${largestGains(importance)}`,
  };
}

/**
 * Fits trees until more of them do worse on later rows.
 * @param data.inputs of `variableInputs`
 */
export async function growUntilWorse(
  rows: PrefixRows,
  {
    fit,
    later,
    inputs,
  }: {
    readonly fit: Uint32Array;
    readonly later: Uint32Array;
    readonly inputs: readonly TrainedInput[];
  },
  seed: number,
  parameters: TreeParameters,
): Promise<EarlyStopped> {
  const validation = columnsOf(rows, later, inputs);
  const { forest, bestTree, history } = await trainForest(
    columnsOf(rows, fit, inputs),
    {
      ...trainerParameters(rows, inputs, parameters, seed),
      trees: MAX_TREES,
      earlyStoppingRounds: EARLY_STOPPING_ROUNDS,
    },
    { validation },
  );
  const learningCurve = history.map(({ tree, trainLoss, validationLoss }) => ({
    trees: tree,
    fitted: trainLoss,
    later: validationLoss as number,
  }));
  return {
    trees: bestTree,
    loss: learningCurve[bestTree - 1]?.later as number,
    learningCurve,
    margins: marginsOf(forest, validation),
  };
}

/** Of a training, but for the number of trees. */
export function trainerParameters(
  rows: PrefixRows,
  inputs: readonly TrainedInput[],
  parameters: TreeParameters,
  seed: number,
) {
  const monotone = inputs.map(({ feature }) => CART_DIRECTIONS[nameOf(rows, feature)] ?? 0);
  return { ...FIXED, ...parameters, monotone, seed };
}

/**
 * Features that are not constant, categories with their numbers.
 * @throws NotEnoughData where all are
 */
export function variableInputs(
  rows: PrefixRows,
  chosen: Uint32Array,
  features: readonly number[],
): readonly TrainedInput[] {
  const inputs = inputsOf(rows, chosen, features);
  if (inputs.length === 0)
    throw new NotEnoughData('every feature has the same value in all rows: nothing to learn from');
  return inputs;
}

function inputsOf(
  rows: PrefixRows,
  chosen: Uint32Array,
  features: readonly number[],
): TrainedInput[] {
  return features.flatMap((feature): TrainedInput[] => {
    if (rows.features[feature]?.type === 'category') {
      const listed = listedCategories(rows, chosen, feature);
      const [only] = listed;
      if (only === undefined || only.count === chosen.length) return [];
      return [{ feature, categories: listed.map(({ name }) => name) }];
    }
    const first = rows.value(chosen[0] as number, feature);
    return chosen.every((row) => Object.is(rows.value(row, feature), first)) ? [] : [{ feature }];
  });
}

/** The rows as the trainer takes them. */
export function columnsOf(
  rows: PrefixRows,
  chosen: Uint32Array,
  inputs: readonly TrainedInput[],
): TrainingData {
  return {
    columns: inputs.map(({ feature, categories }) => {
      if (categories === undefined)
        return Float32Array.from(chosen, (row) => rows.value(row, feature));
      const codes = new Map(categories.map((category, code) => [category, code]));
      const numbers = (rows.categories[feature] ?? []).map(
        (category) => codes.get(category) ?? Number.NaN,
      );
      return Float32Array.from(chosen, (row) => numbers[rows.value(row, feature)] ?? Number.NaN);
    }),
    labels: Float32Array.from(labelsOf(rows, chosen)),
    weights: Float32Array.from(weightsOf(rows, chosen)),
    featureNames: inputs.map(({ feature }) => nameOf(rows, feature)),
    categorical: inputs.map(({ categories }) => categories !== undefined),
  };
}

function marginsOf(forest: Forest, { columns, labels }: TrainingData): Float64Array {
  const { margin } = compileForest(forest, { accumulate: 'float32' });
  const row = new Float32Array(columns.length);
  return Float64Array.from(labels, (_, index) => {
    for (const [column, values] of columns.entries()) row[column] = values[index] as number;
    return margin(row);
  });
}

function nameOf(rows: PrefixRows, feature: number): string {
  return rows.features[feature]?.name as string;
}

const LARGEST = 10;

function largestGains(importance: TrainedForest['importance']): string {
  const total = importance.reduce((sum, { gain }) => sum + gain, 0);
  return importance
    .toSorted((a, b) => b.gain - a.gain)
    .slice(0, LARGEST)
    .map(({ feature, gain }) => `- \`${feature}\`: ${((100 * gain) / total).toFixed(1)} %`)
    .join('\n');
}
