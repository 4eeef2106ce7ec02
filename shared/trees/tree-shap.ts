import type { Forest } from './forest.ts';
import { PLAIN, type ShapTrees, shapTrees, ZERO_AS_MISSING } from './tree-shap-layout.ts';

/**
 * Exact path-dependent TreeSHAP: how far each feature moves a row's margin away from `bias`. What is
 * not known of a row is averaged over the training rows of each node (cover).
 */
export interface Explainer {
  readonly featureCount: number;
  /** The margin expected of a row of which nothing is known, the base margin included. */
  readonly bias: number;
  /** Points of quadrature for the tree that needs most: the cost of a row is splits × points. */
  readonly points: number;
  /**
   * Writes the contribution of each feature; with `bias` they sum to the margin in float64.
   * @param row values in column order, NaN where missing
   * @param out at least `featureCount` numbers
   */
  contributions(row: ArrayLike<number>, out: Float64Array): void;
  /**
   * As `contributions`, of `count` rows that follow one another.
   * @param rows `count` × `featureCount` values
   * @param out at least `count` × `featureCount` numbers
   */
  batch(rows: ArrayLike<number>, count: number, out: Float64Array): void;
}

/** Rows that go through one tree after the other, so that a tree stays in the nearest cache. */
const BLOCK_ROWS = 64;

/**
 * The Shapley value of a feature f is ∫₀¹ ∂E/∂x_f dx on the diagonal of the multilinear extension E:
 * the expected margin where each feature is known with probability x. Below a tree's root E is a
 * polynomial of a degree no higher than the number of features on a path, so ⌈degree / 2⌉ points of
 * Gauss–Legendre quadrature give the integral exactly, and reverse differentiation gives all features
 * at once: one walk down and one up per tree and point. The cost grows as splits × depth, not as
 * 2^depth; and all numbers on the way are probabilities and means, so deep trees lose no digits.
 *
 * Down: a node's `reach` is its probability, and a row's left child is taken with
 * l = z + known · (went − z), where z is the left child's share of the cover and went is 1 for a row
 * that goes left. Up: `mean` is the margin expected below a node, and ∂E/∂x_f is the sum of
 * reach · (went − z) · (mean of left − mean of right) over the splits on f. Where a split above is on
 * the same feature, `known` is the posterior of x, or 0 when the row went another way there.
 *
 * Sources: Owen (1972), "Multilinear extensions of games"; Lundberg, Erion & Lee (2018), "Consistent
 * individualized feature attribution for tree ensembles".
 */
export function compileExplainer(forest: Forest): Explainer {
  const { featureCount } = forest;
  const trees = shapTrees(forest);
  const explainTree = treeExplainer(forest, trees);
  const scale = forest.averaged ? 1 / trees.treeCount : 1;
  const block = new Float64Array(BLOCK_ROWS * featureCount);
  const float32 = forest.rules === 'xgboost';

  function explainBlock(
    rows: ArrayLike<number>,
    start: number,
    count: number,
    out: Float64Array,
  ): void {
    const first = start * featureCount;
    const size = count * featureCount;
    for (let cell = 0; cell < size; cell++) {
      const value = rows[first + cell] as number;
      block[cell] = float32 ? Math.fround(value) : value;
    }
    out.fill(0, first, first + size);
    for (let tree = 0; tree < trees.treeCount; tree++)
      for (let cell = 0; cell < size; cell += featureCount)
        explainTree(tree, block, cell, out, first + cell);
    if (scale !== 1)
      for (let cell = first; cell < first + size; cell++) out[cell] = (out[cell] as number) * scale;
  }

  return {
    featureCount,
    bias: forest.baseMargin + scale * sumOfRoots(trees),
    points: Math.max(0, ...trees.points),
    contributions: (row, out) => explainBlock(row, 0, 1, out),
    batch(rows, count, out) {
      for (let start = 0; start < count; start += BLOCK_ROWS)
        explainBlock(rows, start, Math.min(BLOCK_ROWS, count - start), out);
    },
  };
}

function sumOfRoots({ treeCount, starts, mean }: ShapTrees): number {
  let sum = 0;
  for (let tree = 0; tree < treeCount; tree++)
    sum += mean[2 * (starts[tree] as number) + tree] as number;
  return sum;
}

/** Adds one tree's contributions to `out` from `outAt` on, for the row at `rowAt` of `rows`. */
function treeExplainer(forest: Forest, trees: ShapTrees) {
  const { starts, feature, threshold, missingLeft, kind, categorySet, left, right } = trees;
  const { share, ancestor, leftOfAncestor, open, shut, known, weight } = trees;
  const mean = trees.mean.slice();
  let widest = 0;
  for (let tree = 0; tree < trees.treeCount; tree++)
    widest = Math.max(widest, (starts[tree + 1] as number) - (starts[tree] as number));
  const went = new Uint8Array(widest);
  const contradicted = new Uint8Array(widest);
  const posterior = new Int32Array(widest);
  const leftward = new Float64Array(widest);
  const reach = new Float64Array(2 * widest + 1);

  return function explainTree(
    tree: number,
    rows: Float64Array,
    rowAt: number,
    out: Float64Array,
    outAt: number,
  ): void {
    const start = starts[tree] as number;
    const count = (starts[tree + 1] as number) - start;
    const means = 2 * start + tree;
    for (let i = 0; i < count; i++) {
      const split = start + i;
      const value = rows[rowAt + (feature[split] as number)] as number;
      let goesLeft: number;
      if (kind[split] !== PLAIN) goesLeft = unusual(split, value);
      else if (Number.isNaN(value)) goesLeft = missingLeft[split] as number;
      else goesLeft = value <= (threshold[split] as number) ? 1 : 0;
      went[i] = goesLeft;
      const above = ancestor[split] as number;
      const refuted =
        above >= 0 && (contradicted[above] === 1 || went[above] !== leftOfAncestor[split]);
      contradicted[i] = refuted ? 1 : 0;
      posterior[i] = (refuted ? shut[tree] : open[split]) as number;
    }
    const points = trees.points[tree] as number;
    for (let point = 0; point < points; point++) {
      reach[0] = 1;
      for (let i = 0; i < count; i++) {
        const split = start + i;
        const z = share[split] as number;
        const l =
          z + (known[(posterior[i] as number) + point] as number) * ((went[i] as number) - z);
        const here = reach[i] as number;
        const leftReach = here * l;
        leftward[i] = l;
        reach[left[split] as number] = leftReach;
        reach[right[split] as number] = here - leftReach;
      }
      for (let i = count - 1; i >= 0; i--) {
        const split = start + i;
        const rightMean = mean[means + (right[split] as number)] as number;
        const difference = (mean[means + (left[split] as number)] as number) - rightMean;
        mean[means + i] = rightMean + (leftward[i] as number) * difference;
        const cell = outAt + (feature[split] as number);
        out[cell] =
          (out[cell] as number) +
          (weight[(posterior[i] as number) + point] as number) *
            ((went[i] as number) - (share[split] as number)) *
            (reach[i] as number) *
            difference;
      }
    }
  };

  function unusual(split: number, value: number): number {
    if (kind[split] === ZERO_AS_MISSING) {
      const missing = Number.isNaN(value) || Math.abs(value) <= ZERO_THRESHOLD;
      if (missing) return missingLeft[split] as number;
      return value <= (threshold[split] as number) ? 1 : 0;
    }
    if (Number.isNaN(value)) return missingLeft[split] as number;
    const set = forest.categorySets[categorySet[split] as number] as Uint32Array;
    const category = Math.trunc(value);
    const inSet =
      category >= 0 && category < 32 * set.length
        ? ((set[category >>> 5] as number) >>> (category & 31)) & 1
        : 0;
    return forest.rules === 'xgboost' ? 1 - inSet : inSet;
  }
}

/** LightGBM's `kZeroThreshold`. */
const ZERO_THRESHOLD = Math.fround(1e-35);
