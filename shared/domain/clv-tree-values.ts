import { sigmoid } from '../math/sigmoid.ts';
import { compileForest, type ForestEvaluator } from '../trees/evaluate.ts';
import type { ClvSnapshot } from './clv-snapshot.ts';
import type { ClvTrees } from './clv-trees.ts';

/** What the forests say of a snapshot's customers, over the days that labels cover. */
export interface ClvTreeValues {
  readonly twoStage: Float64Array;
  readonly tweedie: Float64Array;
  readonly correction: Float64Array;
  /** Probability of buying. */
  readonly buys: Float64Array;
}

/** Compiles the forests once; the function then answers for any part of the customers. */
export function openClvTrees(trees: ClvTrees): (snapshot: ClvSnapshot) => ClvTreeValues {
  const buy = compileForest(trees.buy);
  const amount = compileForest(trees.amount);
  const tweedie = compileForest(trees.tweedie);
  const correction = compileForest(trees.correction);
  const { mean, least, smearing } = trees;
  return ({ columns, short }) => {
    const buys = marginsOf(buy, columns).map(sigmoid);
    const amounts = marginsOf(amount, columns);
    return {
      buys,
      twoStage: buys.map((share, row) => share * Math.exp(amounts[row] as number) * smearing),
      tweedie: marginsOf(tweedie, columns).map((margin) => Math.exp(margin) * mean),
      correction: marginsOf(correction, columns).map(
        (margin, row) => Math.exp(margin) * Math.max(least, short[row]?.value ?? 0),
      ),
    };
  };
}

const BLOCK_ROWS = 1024;

/** @param columns as long as one another */
export function marginsOf(
  { margins }: Pick<ForestEvaluator, 'margins'>,
  columns: readonly Float32Array[],
): Float64Array {
  const rows = columns[0]?.length ?? 0;
  const width = columns.length;
  const block = new Float32Array(BLOCK_ROWS * width);
  const answers = new Float64Array(BLOCK_ROWS);
  const out = new Float64Array(rows);
  for (let start = 0; start < rows; start += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, rows - start);
    for (let column = 0; column < width; column++) {
      const values = columns[column] as Float32Array;
      for (let row = 0; row < count; row++)
        block[row * width + column] = values[start + row] as number;
    }
    margins(block, count, answers);
    out.set(answers.subarray(0, count), start);
  }
  return out;
}
