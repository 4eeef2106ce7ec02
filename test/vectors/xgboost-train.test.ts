import { expect } from 'vitest';
import { compileForest } from '../../shared/trees/evaluate.ts';
import type { Forest } from '../../shared/trees/forest.ts';
import { inverseLink, linkFunction } from '../../shared/trees/objective.ts';
import { type TrainingParameters, trainForest } from '../../shared/trees/train.ts';
import { vectors } from './vector-file.ts';

interface Run {
  readonly params: {
    readonly objective: 'binary:logistic' | 'reg:squarederror';
    readonly max_depth: number;
    readonly eta: number;
    readonly lambda: number;
    readonly alpha: number;
    readonly gamma: number;
    readonly min_child_weight: number;
    readonly base_score: number;
    readonly monotone_constraints?: string;
  };
  readonly rounds: number;
  readonly X: readonly (readonly (number | null)[])[];
  readonly y: readonly number[];
  readonly weights: readonly number[] | null;
}

// The file's bounds are those of the margins and leaves; XGBoost sums gains in float32.
vectors<Run>('xgboost_train', {
  tolerance: { prediction: 1e-5, lossChange: 1e-4, sumHessian: 1e-5 },
  compute: async ({ params, rounds, X, y, weights }) => {
    const width = X[0]?.length ?? 0;
    const { forest } = await trainForest(
      {
        columns: Array.from({ length: width }, (_, column) =>
          Float32Array.from(X, (row) => row[column] ?? Number.NaN),
        ),
        labels: Float32Array.from(y),
        ...(weights === null ? {} : { weights: Float32Array.from(weights) }),
        featureNames: Array.from({ length: width }, (_, column) => `f${column}`),
      },
      parametersOf(params, rounds),
    );
    const { margin } = compileForest(forest, { accumulate: 'float64' });
    const margins = X.map((row) => margin(row.map((value) => value ?? Number.NaN)));
    return {
      margin: margins,
      prediction: margins.map(inverseLink(forest.objective)),
      trees: Array.from({ length: rounds }, (_, tree) => treeOf(forest, tree)),
    };
  },
});

function parametersOf(params: Run['params'], rounds: number): TrainingParameters {
  const directions = params.monotone_constraints?.match(/-?\d+/g)?.map(Number);
  expect(Object.keys(params)).toHaveLength(directions === undefined ? 8 : 9);
  return {
    objective: params.objective,
    trees: rounds,
    maxDepth: params.max_depth,
    learningRate: params.eta,
    lambda: params.lambda,
    alpha: params.alpha,
    gamma: params.gamma,
    minChildWeight: params.min_child_weight,
    baseMargin: linkFunction(params.objective)(params.base_score),
    monotone: (directions as (-1 | 0 | 1)[] | undefined) ?? null,
  };
}

/** The tree in the form of the file: nodes level by level, −1 for no child, 0 as a leaf's feature. */
function treeOf(forest: Forest, tree: number) {
  const order = [forest.starts[tree] as number];
  const isSplit = (node: number) => (forest.feature[node] as number) >= 0;
  for (const node of order)
    if (isSplit(node)) order.push(forest.left[node] as number, forest.right[node] as number);
  const place = (node: number, child: Int32Array) =>
    isSplit(node) ? order.indexOf(child[node] as number) : -1;
  return {
    left: order.map((node) => place(node, forest.left)),
    right: order.map((node) => place(node, forest.right)),
    feature: order.map((node) => Math.max(0, forest.feature[node] as number)),
    condition: order.map((node) => (isSplit(node) ? forest.threshold : forest.value)[node]),
    defaultLeft: order.map((node) => isSplit(node) && forest.missingLeft[node] === 1),
    lossChange: order.map((node) => forest.gain[node]),
    sumHessian: order.map((node) => forest.cover[node]),
  };
}
