import { float32BaseMargin } from './base-margin.ts';
import type { Forest } from './forest.ts';
import type { Kernel, Numbers, SumPrecision } from './kernel.ts';
import { typedArrayKernel } from './typed-array-kernel.ts';
import { runsHere, wasmKernel } from './wasm-kernel.ts';

/** A forest made ready to be evaluated. Rows are values in column order, NaN where missing. */
export interface ForestEvaluator {
  /** What computes the margins: the choice is made when the forest is compiled. */
  readonly kernel: Kernel['name'];
  /** @param row at least `featureCount` values */
  readonly margin: (row: ArrayLike<number>) => number;
  /**
   * @param rows `count` × `featureCount` values, row after row
   * @param out at least `count` numbers
   */
  readonly margins: (rows: Numbers, count: number, out: Numbers) => void;
}

/**
 * Margins to the bit as the library computes them that the forest's rules come from: XGBoost with
 * `float32` (the default under its rules), LightGBM with `float64` (the default otherwise).
 * WebAssembly with SIMD does it where it can, else plain code with the same results; no call
 * allocates per row.
 * @param forest one that `checkForest` accepts, as all readers return
 * @param options.kernel to force one
 */
export function compileForest(
  forest: Forest,
  options: { readonly accumulate?: SumPrecision; readonly kernel?: 'wasm' | 'typed-array' } = {},
): ForestEvaluator {
  const precision = options.accumulate ?? (forest.rules === 'xgboost' ? 'float32' : 'float64');
  const baseMargin = precision === 'float32' ? float32BaseMargin(forest) : forest.baseMargin;
  const wasm =
    options.kernel === undefined ? runsHere(forest, precision) : options.kernel === 'wasm';
  const base = forest.averaged ? 0 : baseMargin;
  const kernel = (wasm ? wasmKernel : typedArrayKernel)(forest, precision, base);
  if (!forest.averaged) return { kernel: kernel.name, margin: kernel.sum, margins: kernel.sums };
  const trees = Math.max(1, forest.starts.length - 1);
  return {
    kernel: kernel.name,
    margin: (row) => kernel.sum(row) / trees + baseMargin,
    margins(rows, count, out) {
      kernel.sums(rows, count, out);
      for (let row = 0; row < count; row++) out[row] = (out[row] as number) / trees + baseMargin;
    },
  };
}
