import { describe, expect, test } from 'vitest';
import {
  clickstream,
  onlineShoppers,
  syntheticRows,
  trainAndTest,
} from '../../bench/training-sets.ts';
import { peerPredicts, peerTrains } from '../../bench/xgboost-peer.ts';
import { rocAuc } from '../../shared/math/roc-auc.ts';
import { compileForest } from '../../shared/trees/evaluate.ts';
import type { Forest } from '../../shared/trees/forest.ts';
import { type TrainingData, trainForest } from '../../shared/trees/train.ts';
import { writeXgboostJson } from '../../shared/trees/write-xgboost-json.ts';
import { trainingRows } from '../trees/training-rows.ts';

const OBJECTIVES = ['binary:logistic', 'reg:squarederror', 'reg:tweedie', 'count:poisson'] as const;

/** Labels that every objective allows. */
const rows = {
  ...trainingRows(4_000),
  weights: Float32Array.from({ length: 4_000 }, (_, row) => 1 + (row % 3)),
};

function marginsOf(forest: Forest, { columns, labels }: TrainingData): Float32Array {
  const { margin } = compileForest(forest, { accumulate: 'float32' });
  const row = new Float32Array(columns.length);
  return Float32Array.from(labels, (_, index) => {
    for (const [column, values] of columns.entries()) row[column] = values[index] as number;
    return margin(row);
  });
}

test.each(OBJECTIVES)(
  '%s: XGBoost opens the file and predicts the same bits',
  async (objective) => {
    const { forest } = await trainForest(rows, { objective, trees: 30, subsample: 0.8 });
    const unseen = trainingRows(4_000, { seed: 9 });
    const { margins } = peerPredicts(writeXgboostJson(forest), unseen);
    expect(marginsOf(forest, unseen)).toEqual(margins);
  },
);

/**
 * No column has more distinct values than bins, so both choose among the same splits. XGBoost's
 * histograms put a threshold on a value and ours between two, which rows trained on cannot tell. Sums
 * in another order may shift a leaf a little.
 */
describe.each(OBJECTIVES)(
  '%s: trained on the same rows, the same margins as XGBoost',
  (objective) => {
    test.each([
      ['depth-wise', {}, {}],
      [
        'leaf-wise',
        { grow: 'leaf-wise', maxLeaves: 20, maxDepth: 20 },
        { grow_policy: 'lossguide', max_leaves: 20, max_depth: 20 },
      ],
      ['monotone', { monotone: [1, -1, 0, 0, 0] }, { monotone_constraints: '(1,-1,0,0,0)' }],
      ['penalties', { lambda: 3, alpha: 0.5 }, { lambda: 3, alpha: 0.5 }],
      // a tighter bound makes gains tie, and the order of sums then decides
      ['bounded leaves', { maxDeltaStep: 0.5 }, { max_delta_step: 0.5 }],
    ] as const)('%s', async (_, ours, theirs) => {
      // XGBoost orders categories lighter than min_child_weight as if they weighed nothing
      const { forest } = await trainForest(rows, {
        objective,
        trees: 20,
        minChildWeight: 0,
        ...ours,
      });
      const peer = peerTrains(
        rows,
        { objective, tree_method: 'hist', min_child_weight: 0, ...theirs },
        20,
      );
      marginsOf(forest, rows).forEach((margin, row) => {
        expect(Math.abs(margin - (peer.margins[row] as number))).toBeLessThan(1e-4);
      });
    });
  },
);

describe('AUC within 0.001 of XGBoost’s, mean of 5 seeds', () => {
  test.for([
    ['synthetic', () => syntheticRows(60_000, 25, 1)],
    ['online-shoppers-intention', onlineShoppers],
    ['clickstream-dmm', clickstream],
  ] as const)('%s', async ([, open], context) => {
    const data = open();
    if (data === null) return context.skip('../shared/data is not here');
    const differences: number[] = [];
    for (let seed = 1; seed <= 5; seed++) {
      const { train, test: held } = trainAndTest(data, seed);
      const { forest } = await trainForest(train, {
        objective: 'binary:logistic',
        trees: 60,
        learningRate: 0.1,
        maxDepth: 5,
      });
      const { margins } = peerTrains(
        train,
        { objective: 'binary:logistic', tree_method: 'hist', eta: 0.1, max_depth: 5 },
        60,
        held,
      );
      const auc = (scores: Float32Array) => rocAuc(scores, held.labels) as number;
      differences.push(auc(marginsOf(forest, held)) - auc(margins));
    }
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
    expect(Math.abs(mean)).toBeLessThan(1e-3);
  });
});
