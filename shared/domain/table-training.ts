import { NotEnoughData } from '../errors.ts';
import { logLoss } from '../math/log-loss.ts';
import { rocAuc } from '../math/roc-auc.ts';
import { seededRandom } from '../math/seeded-random.ts';
import { sigmoid } from '../math/sigmoid.ts';
import { compileForest } from '../trees/evaluate.ts';
import type { Forest } from '../trees/forest.ts';
import { type TrainingProgress, trainForest } from '../trees/train.ts';
import { stratifiedFolds } from './stratified-folds.ts';
import { type SearchBudget, successiveHalving, type Trial } from './successive-halving.ts';
import { type ChosenCalibration, chooseCalibration } from './table-calibration.ts';
import { type TableInput, type TableValues, treeData, valuesAt } from './table-columns.ts';
import { checkLeaks } from './table-leaks.ts';
import { fitTableLogistic } from './table-logistic.ts';
import { randomParameters, type SearchSpace } from './tuning.ts';

export interface LabelledTable {
  readonly inputs: readonly TableInput[];
  readonly values: TableValues;
  /** 0 or 1. */
  readonly labels: Uint8Array;
  /** By row, from 0: rows of one group are fitted or measured together. */
  readonly groups: Int32Array | null;
}

export interface TableTraining {
  /** The same table, budget of trials and seed give the same model, to the bit. */
  readonly seed: number;
  readonly budget: SearchBudget;
  /** Of the trainer; the model is the same for any number. */
  readonly threads: number;
  readonly onTrial?: (trial: TableTrial) => void;
}

/** Parameters of the trainer that are searched. */
type Searched =
  | 'learningRate'
  | 'maxLeaves'
  | 'minChildWeight'
  | 'lambda'
  | 'subsample'
  | 'columnSample'
  | 'maxBins'
  | 'categoriesToGroup';
type TableParameters = Readonly<Record<Searched, number>>;

/** One fit of a trial: its loss is the log loss of the rows left out, at the best number of trees. */
interface FoldFit {
  readonly loss: number;
  readonly trees: number;
  /** Learning curve, an entry a tree. */
  readonly curve: readonly TrainingProgress[];
}

export type TableTrial = Trial<TableParameters, FoldFit>;

/** Measured by cross-validation on rows that the fit had not seen. */
interface CrossValidated {
  readonly auc: number;
  readonly logLoss: number;
}

export interface TrainedTable {
  readonly trials: readonly TableTrial[];
  readonly parameters: TableParameters;
  /** Trees of each forest: those of the least loss over all parts together. */
  readonly trees: number;
  /** Forests whose margins are averaged; they differ in their seed. */
  readonly forests: readonly Forest[];
  readonly calibration: ChosenCalibration;
  readonly folds: number;
  readonly crossValidated: {
    readonly logistic: CrossValidated;
    /** By number of forests averaged, before calibration. */
    readonly trees: Readonly<Record<number, CrossValidated>>;
  };
  /** Probabilities of rows with the same inputs. */
  readonly predict: {
    readonly trees: (values: TableValues) => Float64Array;
    readonly logistic: (values: TableValues) => Float64Array;
  };
}

const SPACE: SearchSpace<Searched> = {
  learningRate: { from: 0.03, to: 0.08, scale: 'log' },
  maxLeaves: { from: 6, to: 24, scale: 'linear', whole: true },
  minChildWeight: { from: 1, to: 20, scale: 'log' },
  lambda: { from: 1, to: 20, scale: 'log' },
  subsample: { from: 0.5, to: 1, scale: 'linear' },
  columnSample: { from: 0.4, to: 1, scale: 'linear' },
  maxBins: { oneOf: [32, 64, 128, 256] },
  categoriesToGroup: { oneOf: [4, 256] },
};

/** The first trial: what a search with no luck still has. */
const FIRST_TRIAL: TableParameters = {
  learningRate: 0.05,
  maxLeaves: 12,
  minChildWeight: 2,
  lambda: 3,
  subsample: 0.7,
  columnSample: 0.8,
  maxBins: 128,
  categoriesToGroup: 256,
};

/** The split of the highest gain first: beside trees grown level by level it measured better. */
const GROWTH = { grow: 'leaf-wise', maxDepth: 8 } as const;

const MOST_TREES = 2000;
const EARLY_STOPPING_ROUNDS = 50;
const FOLDS = 5;
/** Rows of each class that cross-validation needs, four to a part. */
const LEAST_OF_A_CLASS = 4 * FOLDS;
/** One forest, or the mean of so many. */
const FORESTS = [1, 4] as const;

/**
 * Trains boosted trees and their baseline on a table. Everything is chosen by cross-validation on
 * these rows alone, in the same parts: the parameters by random search with successive halving, the
 * number of trees by the sum of the learning curves, one forest or the mean of several, and the
 * calibration on margins of rows left out. The forests are then grown on all rows.
 *
 * @throws NotEnoughData for fewer than 20 rows of a class, or fewer groups than parts
 * @throws LeakedLabel where a column tells the label of every row
 * @throws EveryTrialFailed
 */
export async function trainTable(
  table: LabelledTable,
  { seed, budget, threads, onTrial }: TableTraining,
): Promise<TrainedTable> {
  const { inputs, values, labels, groups } = table;
  checkClasses(labels);
  checkLeaks(inputs, values, labels);
  const random = seededRandom(seed);
  const part = stratifiedFolds(labels, groups, FOLDS, random);
  const all = Uint32Array.from(labels, (_, row) => row);
  const splits = Array.from({ length: FOLDS }, (_, held) => ({
    fit: all.filter((row) => part[row] !== held),
    left: all.filter((row) => part[row] === held),
  }));
  const fixed = { objective: 'binary:logistic', threads, ...GROWTH } as const;

  async function measure(parameters: TableParameters, held: number): Promise<FoldFit> {
    const { fit, left } = splits[held] as (typeof splits)[0];
    const { history, bestTree } = await trainForest(
      treeData(inputs, values, labels, fit),
      {
        ...fixed,
        ...parameters,
        seed,
        trees: MOST_TREES,
        earlyStoppingRounds: EARLY_STOPPING_ROUNDS,
      },
      { validation: treeData(inputs, values, labels, left) },
    );
    const loss = history[bestTree - 1]?.validationLoss as number;
    return { loss, trees: bestTree, curve: history };
  }

  const { best, trials } = await successiveHalving(
    candidates(random),
    FOLDS,
    budget,
    measure,
    onTrial,
  );
  const { parameters } = best;
  const fits = [...best.measured];
  while (fits.length < FOLDS) fits.push(await measure(parameters, fits.length));
  const trees = treesOfLeastLoss(fits);

  const grown = async (rows: Uint32Array, member: number) =>
    (
      await trainForest(treeData(inputs, values, labels, rows), {
        ...fixed,
        ...parameters,
        trees,
        // Not the seed of the search, whose luck chose the parameters and the number of trees.
        seed: seed + 1 + member,
      })
    ).forest;
  const most = Math.max(...FORESTS);
  const sums = new Float64Array(labels.length);
  const unseen = new Map<number, Float64Array>();
  for (let member = 0; member < most; member++) {
    for (const { fit, left } of splits)
      for (const [at, margin] of marginsOf(
        await grown(fit, member),
        valuesAt(values, left),
      ).entries())
        sums[left[at] as number] = (sums[left[at] as number] as number) + margin;
    unseen.set(
      member + 1,
      sums.map((sum) => sum / (member + 1)),
    );
  }
  const measuredTrees = Object.fromEntries(
    FORESTS.map((count) => [
      count,
      crossValidated((unseen.get(count) as Float64Array).map(sigmoid), labels),
    ]),
  );
  const members = FORESTS.reduce((least, count) =>
    lossAt(measuredTrees, count) < lossAt(measuredTrees, least) ? count : least,
  );
  const calibration = chooseCalibration(unseen.get(members) as Float64Array, labels, part, FOLDS);
  const forests: Forest[] = [];
  for (let member = 0; member < members; member++) forests.push(await grown(all, member));
  return {
    trials,
    parameters,
    trees,
    forests,
    calibration,
    folds: FOLDS,
    crossValidated: {
      logistic: crossValidated(unseenByLogistic(table, splits), labels),
      trees: measuredTrees,
    },
    predict: {
      trees: (others) => meanMargins(forests, others).map(calibration.probability),
      logistic: fitTableLogistic(inputs, values, labels, all),
    },
  };
}

function* candidates(random: () => number): Generator<TableParameters> {
  yield FIRST_TRIAL;
  yield* randomParameters(SPACE, random);
}

function checkClasses(labels: Uint8Array): void {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const least = Math.min(positives, labels.length - positives);
  if (least < LEAST_OF_A_CLASS)
    throw new NotEnoughData(
      `${labels.length} rows, ${positives} of them with label 1: training needs at least ${LEAST_OF_A_CLASS} rows of each class`,
    );
}

/**
 * Parts stop at different trees; beyond the end of one its last loss stands. Choosing once for all
 * parts follows the noise of none of them.
 */
function treesOfLeastLoss(fits: readonly FoldFit[]): number {
  const length = Math.max(...fits.map(({ curve }) => curve.length));
  let best = { trees: 1, loss: Number.POSITIVE_INFINITY };
  for (let trees = 1; trees <= length; trees++) {
    const loss = fits.reduce(
      (sum, { curve }) => sum + ((curve[trees - 1] ?? curve.at(-1))?.validationLoss as number),
      0,
    );
    if (loss < best.loss) best = { trees, loss };
  }
  return best.trees;
}

function unseenByLogistic(
  { inputs, values, labels }: LabelledTable,
  splits: readonly { readonly fit: Uint32Array; readonly left: Uint32Array }[],
): Float64Array {
  const probabilities = new Float64Array(labels.length);
  for (const { fit, left } of splits) {
    const predict = fitTableLogistic(inputs, values, labels, fit);
    for (const [at, probability] of predict(valuesAt(values, left)).entries())
      probabilities[left[at] as number] = probability;
  }
  return probabilities;
}

function crossValidated(probabilities: Float64Array, labels: Uint8Array): CrossValidated {
  return {
    auc: rocAuc(probabilities, labels) as number,
    logLoss: logLoss(probabilities, labels) as number,
  };
}

function lossAt(measured: Readonly<Record<number, CrossValidated>>, count: number): number {
  return measured[count]?.logLoss as number;
}

function meanMargins(forests: readonly Forest[], values: TableValues): Float64Array {
  const sums = new Float64Array(values[0]?.length ?? 0);
  for (const forest of forests)
    for (const [row, margin] of marginsOf(forest, values).entries())
      sums[row] = (sums[row] as number) + margin / forests.length;
  return sums;
}

function marginsOf(forest: Forest, values: TableValues): Float32Array {
  const count = values[0]?.length ?? 0;
  const rows = new Float32Array(count * values.length);
  for (const [column, numbers] of values.entries())
    for (let row = 0; row < count; row++)
      rows[row * values.length + column] = numbers[row] as number;
  const margins = new Float32Array(count);
  compileForest(forest, { accumulate: 'float32' }).margins(rows, count, margins);
  return margins;
}
