import type { Forest } from './forest.ts';
import { scalarKernel, simdKernel, simdRunsHere } from './tree-shap-kernel.ts';
import { layOut, RECORD, type ShapTree } from './tree-shap-layout.ts';

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
  readonly kernel: ShapKernelName;
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

/** WebAssembly with two points of quadrature at a time, or plain code. Both give the same bits. */
export type ShapKernelName = 'simd' | 'scalar';

/**
 * The Shapley value of a feature f is ∫₀¹ ∂E/∂x_f dx on the diagonal of the multilinear extension E:
 * the expected margin where each feature is known with probability x. On a tree that derivative is a
 * polynomial in x of lower degree than a path has features, so that ⌈features / 2⌉ points of
 * Gauss–Legendre quadrature give the integral exactly, and reverse differentiation gives all features
 * at once: one walk down and one up per tree and point. The cost grows as splits × depth, not as
 * 2^depth; and all numbers on the way are probabilities and means, so deep trees lose no digits.
 *
 * Sources: Owen (1972), "Multilinear extensions of games"; Lundberg, Erion & Lee (2018), "Consistent
 * individualized feature attribution for tree ensembles".
 * @param kernel by default the faster one that runs here
 */
export function compileExplainer(
  forest: Forest,
  kernel: ShapKernelName = simdRunsHere() ? 'simd' : 'scalar',
): Explainer {
  const { featureCount } = forest;
  const { layout, memory } = layOut(forest);
  const { trees, scratch, blockRows } = layout;
  const explain = (kernel === 'simd' ? simdKernel : scalarKernel)(memory, scratch);
  const scale = forest.averaged ? 1 / trees.length : 1;
  const float32 = forest.rules === 'xgboost';
  const numbers = new Float64Array(memory.buffer);
  const view = new DataView(memory.buffer);
  const firstIn = layout.rows / 8;
  const firstOut = layout.out / 8;

  function explainBlock(rows: ArrayLike<number>, start: number, count: number, out: Float64Array) {
    const first = start * featureCount;
    const size = count * featureCount;
    for (let cell = 0; cell < size; cell++) {
      const value = rows[first + cell] as number;
      numbers[firstIn + cell] = float32 ? Math.fround(value) : value;
    }
    numbers.fill(0, firstOut, firstOut + size);
    for (const tree of trees) {
      if (tree.points === 0) continue;
      for (let offset = 0; offset < size; offset += featureCount) {
        if (tree.unusual.length > 0) decideUnusual(tree, firstIn + offset);
        explain(tree, layout.rows + 8 * offset, layout.out + 8 * offset);
      }
    }
    for (let cell = 0; cell < size; cell++)
      out[first + cell] = scale * (numbers[firstOut + cell] as number);
  }

  /** Writes what the row answers into the records: a threshold that all values are below, or none. */
  function decideUnusual(tree: ShapTree, row: number): void {
    for (const { record, node } of tree.unusual) {
      const left = goesLeft(
        forest,
        node,
        numbers[row + (forest.feature[node] as number)] as number,
      );
      view.setFloat64(
        record + RECORD.threshold,
        left ? Number.POSITIVE_INFINITY : Number.NaN,
        true,
      );
      view.setUint8(record + RECORD.missingLeft, left ? 1 : 0);
    }
  }

  return {
    featureCount,
    bias: forest.baseMargin + scale * trees.reduce((sum, { mean }) => sum + mean, 0),
    points: trees.reduce((most, { points }) => Math.max(most, points), 0),
    kernel,
    contributions: (row, out) => explainBlock(row, 0, 1, out),
    batch(rows, count, out) {
      for (let start = 0; start < count; start += blockRows)
        explainBlock(rows, start, Math.min(blockRows, count - start), out);
    },
  };
}

/** Categorical splits, and those for which zero is missing. */
function goesLeft(forest: Forest, node: number, value: number): boolean {
  const set = forest.categorySets[forest.categorySet[node] as number];
  if (set === undefined) {
    const missing = Number.isNaN(value) || Math.abs(value) <= ZERO_THRESHOLD;
    return missing ? forest.missingLeft[node] === 1 : value <= (forest.threshold[node] as number);
  }
  if (Number.isNaN(value)) return forest.missingLeft[node] === 1;
  const category = Math.trunc(value);
  const inSet =
    category >= 0 &&
    category < 32 * set.length &&
    (((set[category >>> 5] as number) >>> (category & 31)) & 1) === 1;
  return forest.rules === 'xgboost' ? !inSet : inSet;
}

/** LightGBM's `kZeroThreshold`. */
const ZERO_THRESHOLD = Math.fround(1e-35);
