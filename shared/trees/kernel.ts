/** float32: as XGBoost sums, rounding after every tree. float64: as LightGBM does. */
export type SumPrecision = 'float32' | 'float64';

export type Numbers = Float32Array | Float64Array;

/** Sums of leaf values, beginning with a base. */
export interface Kernel {
  readonly name: 'wasm-simd' | 'typed-array';
  sum(row: ArrayLike<number>): number;
  sums(rows: Numbers, count: number, out: Numbers): void;
}
