import { BLOCK, batchKernel } from './batch-kernel.ts';
import type { Forest } from './forest.ts';
import type { Kernel, SumPrecision } from './kernel.ts';
import { kernelModule } from './kernel-memory.ts';
import { rankForest } from './ranked-forest.ts';
import { rowKernel } from './row-kernel.ts';
import { typedArrayKernel } from './typed-array-kernel.ts';

/** In a batch, a column's ranks stand at a byte offset of 24 bits. */
const MOST_COLUMNS = 2 ** 24 / BLOCK;

/** Under LightGBM's rules values are float64, and the kernel sums in the type of its values. */
export function runsHere(forest: Forest, precision: SumPrecision): boolean {
  if (forest.rules === 'lightgbm' && precision === 'float32') return false;
  return kernelModule() !== null;
}

/**
 * The evaluation in WebAssembly, or in plain code for a forest of over 262,144 columns. What only
 * batches need is laid out with the first of them.
 */
export function wasmKernel(forest: Forest, precision: SumPrecision, base: number): Kernel {
  const ranked = rankForest(forest);
  if (ranked.columns.length >= MOST_COLUMNS) return typedArrayKernel(forest, precision, base);
  let batch: Kernel['sums'] | undefined;
  return {
    name: 'wasm-simd',
    sum: rowKernel(forest, ranked, precision, base),
    sums(rows, count, out) {
      batch ??= batchKernel(forest, ranked, precision, base);
      batch(rows, count, out);
    },
  };
}
