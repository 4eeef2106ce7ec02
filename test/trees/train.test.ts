import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileForest } from '../../shared/trees/evaluate.ts';
import type { Forest } from '../../shared/trees/forest.ts';
import {
  type TrainingData,
  type TrainingParameters,
  type TrainingProgress,
  trainForest,
} from '../../shared/trees/train.ts';
import { rowsAt, trainingRows } from './training-rows.ts';

const OBJECTIVES = ['binary:logistic', 'reg:squarederror', 'reg:tweedie', 'count:poisson'] as const;
type Label = (lean: number, random: () => number) => number;
const LABELS: Readonly<Record<(typeof OBJECTIVES)[number], Label | undefined>> = {
  'binary:logistic': undefined,
  'reg:squarederror': (lean, random) => lean + random(),
  'reg:tweedie': (lean, random) => Math.max(0, Math.exp(lean) * (random() - 0.4)),
  'count:poisson': (lean, random) => Math.floor(Math.exp(lean / 2) * 2 * random()),
};

const rowsOf = (objective: (typeof OBJECTIVES)[number], rows: number, seed?: number) => {
  const label = LABELS[objective];
  return trainingRows(rows, { ...(label && { label }), ...(seed !== undefined && { seed }) });
};

const logistic = { objective: 'binary:logistic', trees: 6, maxDepth: 4 } as const;

function marginsOf(forest: Forest, { columns, labels }: TrainingData): Float64Array {
  const { margin } = compileForest(forest, { accumulate: 'float32' });
  const row = new Float32Array(columns.length);
  return Float64Array.from(labels, (_, index) => {
    for (const [column, values] of columns.entries()) row[column] = values[index] as number;
    return margin(row);
  });
}

/** Splits and leaves as text, without the sums that depend on the order of addition. */
function shapeOf({ feature, threshold, left, right, missingLeft, categorySets }: Forest) {
  return { feature, threshold, left, right, missingLeft, categorySets };
}

describe.each(OBJECTIVES)('%s', (objective) => {
  test.each(['depth-wise', 'leaf-wise'] as const)(
    '%s, the loss falls tree by tree',
    async (grow) => {
      const losses: number[] = [];
      await trainForest(
        rowsOf(objective, 800),
        { objective, grow, trees: 12, learningRate: 0.2, maxDepth: 4 },
        { onProgress: ({ trainLoss }) => losses.push(trainLoss) },
      );
      expect(losses).toHaveLength(12);
      losses.slice(1).forEach((loss, tree) => {
        expect(loss).toBeLessThan(losses[tree] as number);
      });
    },
  );

  test('the margins it trained on are those that an evaluator computes', async () => {
    const data = rowsOf(objective, 500);
    const validation = rowsOf(objective, 300, 2);
    const history: TrainingProgress[] = [];
    const { forest } = await trainForest(
      data,
      { objective, trees: 8, subsample: 0.7, columnSample: 0.6, seed: 5 },
      { validation, onProgress: (progress) => history.push(progress) },
    );
    const { trainLoss, validationLoss } = history.at(-1) as TrainingProgress;
    expect(lossOf(objective, marginsOf(forest, data), data.labels)).toBeCloseTo(trainLoss, 6);
    expect(lossOf(objective, marginsOf(forest, validation), validation.labels)).toBeCloseTo(
      validationLoss as number,
      6,
    );
  });
});

/** The definitions in float64; of Poisson and Tweedie without what depends on labels alone. */
function lossOf(
  objective: (typeof OBJECTIVES)[number],
  margins: Float64Array,
  labels: Float32Array,
): number {
  const { exp, log } = Math;
  const mean =
    labels.reduce((sum, label, row) => {
      const margin = margins[row] as number;
      if (objective === 'binary:logistic')
        return sum - log(1 / (1 + exp(label ? -margin : margin)));
      if (objective === 'reg:squarederror') return sum + (label - margin) ** 2;
      if (objective === 'count:poisson') return sum + exp(margin) - label * margin;
      return sum + 2 * label * exp(-margin / 2) + 2 * exp(margin / 2);
    }, 0) / labels.length;
  return objective === 'reg:squarederror' ? Math.sqrt(mean) : mean;
}

describe('what must not change the result', () => {
  const data = trainingRows(1_200, { steps: 900 });
  const parameters = {
    ...logistic,
    subsample: 0.8,
    columnSample: 0.8,
    monotone: [1, 0, 0, 0, 0],
  } as const;

  test.each([2, 3])('%i threads', async (threads) => {
    // three groups of columns, of which each thread takes what is left
    const wide = { ...data, columns: [0, 1, 2, 3].flatMap(() => data.columns) };
    const plain = {
      columns: wide.columns,
      labels: data.labels,
      featureNames: wide.columns.map((_, i) => `f${i}`),
    };
    const alone = await trainForest(plain, { ...parameters, monotone: null });
    const together = await trainForest(plain, { ...parameters, monotone: null, threads });
    expect(together.forest).toEqual(alone.forest);
  });

  test('another training with the seed; another seed does', async () => {
    const first = await trainForest(data, { ...parameters, seed: 7 });
    const again = await trainForest(data, { ...parameters, seed: 7 });
    const other = await trainForest(data, { ...parameters, seed: 8 });
    expect(again).toEqual(first);
    expect(other.forest).not.toEqual(first.forest);
  });

  test('the order of rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const rows = trainingRows(300, { seed });
        const weighted = { ...rows, weights: rows.labels.map((_, row) => 0.5 + (row % 4)) };
        const order = shuffled(300, seed);
        const { forest } = await trainForest(weighted, logistic);
        const { forest: permuted } = await trainForest(rowsAt(weighted, order), logistic);
        const margins = marginsOf(forest, rows);
        marginsOf(permuted, rows).forEach((margin, row) => {
          expect(margin).toBeCloseTo(margins[row] as number, 4);
        });
      }),
      { numRuns: 10 },
    );
  });

  test('a weight of 2 instead of a second copy of the row', async () => {
    const rows = trainingRows(400, { steps: 1_000 });
    const twice = Array.from({ length: 400 }, (_, row) => row).flatMap((row) =>
      row % 3 === 0 ? [row, row] : [row],
    );
    const weights = rows.labels.map((_, row) => (row % 3 === 0 ? 2 : 1));
    const weighted = await trainForest({ ...rows, weights }, { ...logistic, maxBins: 40 });
    const copied = await trainForest(rowsAt(rows, twice), { ...logistic, maxBins: 40 });
    expect(shapeOf(weighted.forest)).toEqual(shapeOf(copied.forest));
  });

  test('how much room histograms have: what is not kept is made again', async () => {
    const deep = { ...logistic, trees: 2, maxDepth: 9, minChildWeight: 0 };
    // 600 columns leave room for 27 histograms: more nodes wait than that
    const columns = Array.from({ length: 600 }, (_, column) =>
      column < 3 ? (data.columns[column] as Float32Array) : new Float32Array(1_200).fill(column),
    );
    const wide = { columns, labels: data.labels, featureNames: columns.map((_, i) => `f${i}`) };
    const narrow = { ...wide, columns: columns.slice(0, 3), featureNames: ['f0', 'f1', 'f2'] };
    const { forest } = await trainForest(wide, deep);
    expect(shapeOf(forest)).toEqual(shapeOf((await trainForest(narrow, deep)).forest));
    expect(Math.min(...leavesByTree(forest))).toBeGreaterThan(100);
  });
});

function shuffled(length: number, seed: number): number[] {
  const order = Array.from({ length }, (_, row) => row);
  let state = seed >>> 0;
  for (let row = length - 1; row > 0; row--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (row + 1);
    [order[row], order[other]] = [order[other] as number, order[row] as number];
  }
  return order;
}

describe('columns', () => {
  test('a constant or an all-missing column is never split on', async () => {
    const data = trainingRows(500);
    const columns = [
      ...data.columns.slice(0, 3),
      new Float32Array(500).fill(3),
      new Float32Array(500).fill(Number.NaN),
    ];
    const { importance } = await trainForest(
      { ...data, columns, categorical: columns.map(() => false) },
      logistic,
    );
    expect(importance.map(({ count }) => count > 0)).toEqual([true, true, true, false, false]);
  });

  test('where only absence tells, the split parts the missing from the present', async () => {
    const present = Array.from({ length: 200 }, (_, row) => row % 3 !== 0);
    const { forest } = await trainForest(
      {
        columns: [Float32Array.from(present, (is, row) => (is ? (row % 7) + 1 : Number.NaN))],
        labels: Float32Array.from(present, Number),
        featureNames: ['seen'],
      },
      { ...logistic, trees: 1 },
    );
    const { margin } = compileForest(forest, { accumulate: 'float32' });
    expect(margin(Float32Array.of(Number.NaN))).toBeLessThan(0);
    for (const value of [1, 4, 7]) expect(margin(Float32Array.of(value))).toBeGreaterThan(0);
  });

  test('no more distinct values than bins: each threshold is a midpoint of neighbours in its node', async () => {
    const values = [-3, -1, 0, 4, 10];
    const column = Float32Array.from({ length: 100 }, (_, row) => values[row % 5] as number);
    const labels = column.map((value) => (value < -2 ? 5 : value < 2 ? 1 : 9));
    const { forest } = await trainForest(
      { columns: [column], labels, featureNames: ['x'] },
      { objective: 'reg:squarederror', trees: 1, maxDepth: 2 },
    );
    const thresholds = [...forest.threshold].filter((_, node) => (forest.feature[node] ?? -1) >= 0);
    expect(thresholds.sort((a, b) => a - b)).toEqual([-2, 2]);
  });

  test('more categories than bins: the rare ones share a branch and nothing is lost', async () => {
    const rows = 4_000;
    const column = Float32Array.from({ length: rows }, (_, row) =>
      row % 2 === 0 ? row % 20 : 1_000 + (row % 800),
    );
    const labels = column.map((value) => Number(value < 1_000 ? value < 10 : value % 3 === 0));
    const data = { columns: [column], labels, featureNames: ['page'], categorical: [true] };
    const { forest, history } = await trainForest(
      data,
      { ...logistic, maxDepth: 2 },
      { onProgress: () => {} },
    );
    expect(lossOf('binary:logistic', marginsOf(forest, data), labels)).toBeCloseTo(
      history.at(-1)?.trainLoss as number,
      6,
    );
    expect(forest.cover[0]).toBeGreaterThan(0);
  });
});

describe('constraints and penalties', () => {
  test.each(['depth-wise', 'leaf-wise'] as const)(
    '%s, the margin follows the direction of a monotone column, others fixed',
    async (grow) => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), async (seed) => {
          const data = trainingRows(300, { seed });
          const { forest } = await trainForest(data, {
            ...logistic,
            grow,
            maxDepth: 6,
            minChildWeight: 0,
            monotone: [-1, 1, 0, 0, 0],
          });
          const { margin } = compileForest(forest, { accumulate: 'float32' });
          for (let index = 0; index < 40; index++) {
            const row = Float32Array.from(data.columns, (column) => column[index] as number);
            for (const [column, direction] of [
              [0, -1],
              [1, 1],
            ] as const) {
              let last = Number.NEGATIVE_INFINITY;
              for (let value = -0.1; value < 1.2; value += 0.05) {
                row[column] = value;
                const next = direction * margin(row);
                expect(next).toBeGreaterThanOrEqual(last);
                last = next;
              }
            }
          }
        }),
        { numRuns: 5 },
      );
    },
  );

  test('leaves and depth stay within their bounds', async () => {
    const data = trainingRows(1_000);
    const leafWise = { ...logistic, grow: 'leaf-wise', maxLeaves: 11, maxDepth: 20 } as const;
    const { forest } = await trainForest(data, leafWise);
    expect(leavesByTree(forest)).toEqual(Array.from({ length: 6 }, () => 11));
    const { forest: shallow } = await trainForest(data, { ...logistic, maxDepth: 1 });
    expect(leavesByTree(shallow)).toEqual(Array.from({ length: 6 }, () => 2));
  });

  test('no split that stays gains less than gamma unless one below it gains more', async () => {
    const gamma = 4;
    const { forest } = await trainForest(trainingRows(1_000), { ...logistic, gamma });
    const best = Float64Array.from(forest.gain);
    for (let node = best.length - 1; node >= 0; node--) {
      if ((forest.feature[node] ?? -1) < 0) continue;
      const left = best[forest.left[node] as number] as number;
      const right = best[forest.right[node] as number] as number;
      best[node] = Math.max(best[node] as number, left, right);
      expect(best[node]).toBeGreaterThanOrEqual(gamma);
    }
    const { forest: free } = await trainForest(trainingRows(1_000), logistic);
    expect(forest.feature.length).toBeLessThan(free.feature.length);
  });

  test('every child has the least weight', async () => {
    const { forest } = await trainForest(trainingRows(1_000), { ...logistic, minChildWeight: 9 });
    for (const cover of forest.cover) expect(cover).toBeGreaterThanOrEqual(9);
  });
});

function leavesByTree({ starts, feature }: Forest): number[] {
  return Array.from(
    { length: starts.length - 1 },
    (_, tree) =>
      feature.subarray(starts[tree], starts[tree + 1]).filter((column) => column < 0).length,
  );
}

describe('the course of a training', () => {
  const data = trainingRows(400);
  const validation = trainingRows(300, { seed: 2 });

  test('stops when the validation loss has not fallen for so many trees, and keeps the best', async () => {
    const rounds = 5;
    const { history, bestTree, forest } = await trainForest(
      data,
      { ...logistic, trees: 400, learningRate: 0.5, earlyStoppingRounds: rounds },
      { validation },
    );
    const losses = history.map(({ validationLoss }) => validationLoss as number);
    expect(losses.indexOf(Math.min(...losses)) + 1).toBe(bestTree);
    expect(history).toHaveLength(bestTree + rounds);
    expect(forest.starts).toHaveLength(bestTree + 1);
  });

  test('can be stopped between trees', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopped = trainForest(data, logistic, {
      signal: controller.signal,
      onProgress: ({ tree }) => {
        if (tree === 2) controller.abort(reason);
      },
    });
    await expect(stopped).rejects.toBe(reason);
  });

  test('a base margin given by hand is the forest’s', async () => {
    const { forest } = await trainForest(data, { ...logistic, baseMargin: -1.25 });
    expect(forest.baseMargin).toBe(-1.25);
  });
});

describe('is refused', () => {
  const data = trainingRows(50);

  test.each<[string, Partial<TrainingParameters>]>([
    ['trees', { trees: 0 }],
    ['learningRate', { learningRate: 0 }],
    ['maxDepth', { maxDepth: 99 }],
    ['maxBins', { maxBins: 257 }],
    ['lambda', { lambda: -1 }],
    ['subsample', { subsample: 1.5 }],
    ['tweedieVariancePower', { tweedieVariancePower: 2 }],
    ['monotone', { monotone: [1] }],
    ['monotone', { monotone: [0, 0, 0, 1, 0] }],
    ['earlyStoppingRounds', { earlyStoppingRounds: 3 }],
  ])('%s out of range', async (field, parameters) => {
    await expect(trainForest(data, { ...logistic, ...parameters })).rejects.toMatchObject({
      name: 'InvalidRequest',
      field,
    });
  });

  test('a parameter that does not exist', async () => {
    const misspelt = { ...logistic, max_depth: 3 };
    await expect(trainForest(data, misspelt)).rejects.toMatchObject({
      name: 'InvalidRequest',
      field: 'max_depth',
    });
  });

  test.each<[string, Partial<TrainingData>]>([
    ['rising', { columns: [new Float32Array(50).fill(Infinity), ...data.columns.slice(1)] }],
    ['rising', { columns: [new Float32Array(49), ...data.columns.slice(1)] }],
    ['few', { columns: data.columns.with(3, new Float32Array(50).fill(0.5)) }],
    ['labels', { labels: new Float32Array(50).fill(2) }],
    ['labels', { labels: new Float32Array(50).fill(Number.NaN) }],
    ['weights', { weights: new Float32Array(50).fill(-1) }],
    ['weights', { weights: new Float32Array(3) }],
    ['featureNames', { featureNames: ['a'] }],
  ])('data: %s', async (field, change) => {
    await expect(trainForest({ ...data, ...change }, logistic)).rejects.toMatchObject({
      name: 'InvalidRequest',
      field,
    });
  });

  test.each<[string, TrainingData]>([
    ['no rows', rowsAt(data, [])],
    ['no columns', { ...data, columns: [], featureNames: [], categorical: [] }],
    ['one class', { ...data, labels: new Float32Array(50).fill(1) }],
    ['no weight', { ...data, weights: new Float32Array(50) }],
  ])('too little data: %s', async (_, little) => {
    await expect(trainForest(little, logistic)).rejects.toMatchObject({ name: 'NotEnoughData' });
  });
});
