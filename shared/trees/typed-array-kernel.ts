import type { Forest } from './forest.ts';
import type { Kernel, SumPrecision } from './kernel.ts';
import { rankForest, rankOf } from './ranked-forest.ts';

/** The evaluation in plain code: same ranks, same order of sums, so the same bits. */
export function typedArrayKernel(forest: Forest, precision: SumPrecision, base: number): Kernel {
  const { columns, column, rank } = rankForest(forest);
  const { starts, feature, left, right, value, featureCount } = forest;
  const trees = starts.length - 1;
  const ranks = new Uint8Array(columns.length);
  const inFloat32 = forest.rules === 'xgboost';

  function sum(row: ArrayLike<number>, first: number): number {
    for (const [index, one] of columns.entries()) {
      const cell = row[first + one.feature] as number;
      ranks[index] = rankOf(one, inFloat32 ? Math.fround(cell) : cell);
    }
    let total = base;
    for (let tree = 0; tree < trees; tree++) {
      let node = starts[tree] as number;
      while ((feature[node] as number) >= 0) {
        const goesRight = (ranks[column[node] as number] as number) > (rank[node] as number);
        node = (goesRight ? right[node] : left[node]) as number;
      }
      const leaf = value[node] as number;
      total = precision === 'float32' ? Math.fround(total + Math.fround(leaf)) : total + leaf;
    }
    return total;
  }

  return {
    name: 'typed-array',
    sum: (row) => sum(row, 0),
    sums(rows, count, out) {
      for (let row = 0; row < count; row++) out[row] = sum(rows, row * featureCount);
    },
  };
}
