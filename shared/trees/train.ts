import { InvalidRequest } from '../errors.ts';
import { seededRandom } from '../math/seeded-random.ts';
import type { Forest } from './forest.ts';
import { inverseLink, linkFunction } from './objective.ts';
import { type SplitImportance, splitImportance } from './split-importance.ts';
import { addLeaves, addTree } from './train/add-tree.ts';
import { categoricalBins, numericBins, writeBins } from './train/column-bins.ts';
import { openCrew } from './train/crew.ts';
import { type GrownNode, treeGrower } from './train/grow.ts';
import { grownForest } from './train/grown-forest.ts';
import { trainingKernels } from './train/kernels.ts';
import { binsOf, LANES, layOut } from './train/memory.ts';
import {
  type Exponentials,
  estimatedBaseScore,
  meanLoss,
  trainingObjective,
} from './train/objective.ts';
import {
  type CompleteParameters,
  completeParameters,
  type TrainingParameters,
} from './train/parameters.ts';
import { leaveOutRows, sampledColumns } from './train/sample.ts';
import { splitRule } from './train/split-search.ts';
import { type TaskContext, taskBoard } from './train/task.ts';
import { checkTrainingData, type TrainingData } from './train/training-data.ts';

export type { TrainingData, TrainingParameters };

export interface TrainingOptions {
  /** Rows whose loss is reported, and stops the training if `earlyStoppingRounds` is set. */
  readonly validation?: TrainingData;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Stops between two trees; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface TrainingProgress {
  /** Trees grown so far, from 1. */
  readonly tree: number;
  readonly trees: number;
  /** The objective's metric: log loss, root mean squared error, or a negative log-likelihood. */
  readonly trainLoss: number;
  readonly validationLoss: number | null;
}

export interface TrainedForest {
  /** Trees up to the best one. */
  readonly forest: Forest;
  /** Number of trees kept: that of the least validation loss with early stopping, else all. */
  readonly bestTree: number;
  /** One entry a tree; empty without a validation set and `onProgress`: a loss costs time. */
  readonly history: readonly TrainingProgress[];
  /** By feature, in column order. */
  readonly importance: readonly SplitImportance[];
}

/**
 * Trains a forest by gradient boosting on histograms: XGBoost's objectives, penalties and rules
 * (rules `xgboost`). The result depends on the data, the parameters and the seed, and not on the
 * number of threads. Columns are binned once; where one has no more distinct values than bins, the
 * thresholds are the midpoints that exact-greedy training would choose.
 *
 * The calling thread is busy while a tree grows and free between trees.
 * @throws InvalidRequest for parameters or data out of range, naming them
 * @throws NotEnoughData for no rows, or labels of one class
 */
export async function trainForest(
  data: TrainingData,
  parameters: TrainingParameters,
  options: TrainingOptions = {},
): Promise<TrainedForest> {
  const complete = completeParameters(parameters);
  const { validation, onProgress, signal } = options;
  const objective = trainingObjective(complete);
  checkTrainingData(data);
  objective.checkLabels(data.labels);
  if (validation !== undefined) {
    checkTrainingData(validation);
    objective.checkLabels(validation.labels);
  }
  checkFit(data, complete, validation);
  const { columns, labels, weights, featureNames } = data;
  const rows = labels.length;
  const baseScore =
    complete.baseMargin === null
      ? estimatedBaseScore(objective, data)
      : Math.fround(inverseLink(complete.objective)(complete.baseMargin));
  const baseMargin = objective.marginOf(baseScore);
  const random = seededRandom(complete.seed);
  const margins = new Float32Array(rows).fill(baseMargin);
  const validationMargins = new Float32Array(validation?.labels.length ?? 0).fill(baseMargin);
  const trees: GrownNode[] = [];
  const history: TrainingProgress[] = [];
  let best = { trees: 0, loss: Number.POSITIVE_INFINITY };

  const context = binned(data, complete);
  const { memory, layout } = context;
  const pairs = new Float32Array(memory.buffer, layout.pairs, 2 * rows);
  const exponentials = exponentialsIn(context);
  const order = new Uint32Array(memory.buffer, layout.order, rows);
  const board = taskBoard(context);
  const crew = await openCrew(context, board, complete.threads);
  try {
    const grow = treeGrower(context, board, crew, complete);
    while (trees.length < complete.trees && trees.length - best.trees < patience(complete)) {
      await eventLoopTurn();
      signal?.throwIfAborted();
      objective.gradients(margins, labels, weights, pairs, exponentials);
      leaveOutRows(pairs, complete.subsample, random);
      const tree = grow(sampledColumns(columns.length, complete.columnSample, random));
      trees.push(tree);
      addLeaves(tree, order, complete.learningRate, margins);
      if (validation !== undefined) {
        addTree(tree, validation.columns, complete.learningRate, validationMargins);
      }
      if (validation === undefined && onProgress === undefined) continue;
      const progress = {
        tree: trees.length,
        trees: complete.trees,
        trainLoss: meanLoss(objective, margins, data),
        validationLoss:
          validation === undefined ? null : meanLoss(objective, validationMargins, validation),
      };
      history.push(progress);
      onProgress?.(progress);
      const loss = progress.validationLoss ?? 0;
      if (loss < best.loss) best = { trees: trees.length, loss };
    }
  } finally {
    await crew.close();
  }
  const bestTree = complete.earlyStoppingRounds === null ? trees.length : best.trees;
  const forest = grownForest(
    trees.slice(0, bestTree),
    featureNames,
    complete.baseMargin ?? linkFunction(complete.objective)(baseScore),
    complete,
  );
  return { forest, bestTree, history, importance: splitImportance(forest) };
}

/** In the memory that later serves the parting of rows. */
function exponentialsIn({ memory, layout: { scratch, rows } }: TaskContext): Exponentials {
  const kernels = trainingKernels(memory);
  return {
    values: new Float32Array(memory.buffer, scratch, rows),
    compute: () => kernels.exponentials(scratch, scratch + 4 * rows),
  };
}

/** Trees without improvement that end the training. */
function patience({ earlyStoppingRounds }: CompleteParameters): number {
  return earlyStoppingRounds ?? Number.POSITIVE_INFINITY;
}

const eventLoopTurn = () => new Promise((resolve) => setImmediate(resolve));

/** The data as bins, in memory that threads can share. */
function binned(
  { columns, labels, weights, categorical }: TrainingData,
  parameters: CompleteParameters,
): TaskContext {
  const shapes = columns.map((column, index) =>
    categorical?.[index]
      ? categoricalBins(column, weights)
      : numericBins(column, weights, parameters.maxBins),
  );
  const layout = layOut(labels.length, shapes, mostWaiting(parameters));
  const memory = new WebAssembly.Memory({
    initial: layout.pages,
    maximum: layout.pages,
    shared: true,
  });
  const bytes = new Uint8Array(memory.buffer);
  shapes.forEach((shape, column) => {
    writeBins(shape, columns[column] as Float32Array, bytes, binsOf(layout, column), LANES);
  });
  return { memory, layout, rule: splitRule(parameters), monotone: parameters.monotone ?? [] };
}

/** How many nodes can wait to be split at a time, and the two that are being searched. */
function mostWaiting({ maxDepth, maxLeaves }: CompleteParameters): number {
  return Math.min(2 ** (maxDepth - 1), maxLeaves ?? Number.POSITIVE_INFINITY) + 2;
}

/** @throws InvalidRequest where data, parameters and validation set do not fit one another */
function checkFit(
  { columns, categorical }: TrainingData,
  { monotone, earlyStoppingRounds }: CompleteParameters,
  validation: TrainingData | undefined,
): void {
  const refuse = (message: string, field: string) => {
    throw new InvalidRequest(message, field);
  };
  if (monotone !== null && monotone.length !== columns.length) {
    refuse(`${monotone.length} monotone directions for ${columns.length} columns`, 'monotone');
  }
  const both = columns.findIndex((_, column) => categorical?.[column] && monotone?.[column]);
  if (both >= 0) refuse(`column ${both} is categorical: it cannot be monotone`, 'monotone');
  if (earlyStoppingRounds !== null && validation === undefined) {
    refuse('early stopping needs a validation set', 'earlyStoppingRounds');
  }
  if (validation !== undefined && validation.columns.length !== columns.length) {
    refuse(
      `the validation set has ${validation.columns.length} columns, the training set ${columns.length}`,
      'validation',
    );
  }
}
