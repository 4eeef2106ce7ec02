import type { ForestEvaluator } from '../trees/evaluate.ts';

const BLOCK_ROWS = 1024;

/**
 * A forest's margins of rows that stand in columns, a block of rows at a time.
 * @param columns as long as one another
 */
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
