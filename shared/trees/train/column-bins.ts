import { sortedNumbers } from './sorted-numbers.ts';

/**
 * How the values of a column become bin numbers. Values come first, 0 to `bins − 1`; a column with
 * missing values has one more bin for them.
 */
export interface ColumnBins {
  /** Bins that hold values. */
  readonly bins: number;
  /** Bin of missing values, −1 for a column without. */
  readonly missingBin: number;
  /** Least and greatest value of each bin of a numeric column; of a categorical one its category. */
  readonly lows: Float32Array;
  readonly highs: Float32Array;
  readonly categorical: boolean;
  /** Bin of the categories too rare for one of their own, −1 where there are none. */
  readonly rareBin: number;
}

/** Bin numbers are bytes. */
const BYTE = 256;

/**
 * Bins of a numeric column: one for each distinct value if there are no more of them than bins, else
 * of about equal weight, a value of more weight than that alone.
 */
export function numericBins(
  values: Float32Array,
  weights: Float32Array | undefined,
  maxBins: number,
): ColumnBins {
  const present = sortedNumbers(values);
  const missing = present.length < values.length;
  const distinct = distinctOf(present);
  const most = missing ? Math.min(maxBins, BYTE - 1) : maxBins;
  const ends =
    distinct.length <= most
      ? Uint32Array.from(distinct, (_, index) => index + 1)
      : equalWeight(massOf(distinct, values, present, weights), most);
  const bins = ends.length;
  return {
    bins,
    missingBin: missing ? bins : -1,
    lows: Float32Array.from(
      ends,
      (_, bin) => distinct[bin === 0 ? 0 : (ends[bin - 1] as number)] ?? 0,
    ),
    highs: Float32Array.from(ends, (end) => distinct[end - 1] as number),
    categorical: false,
    rareBin: -1,
  };
}

/** Bins of a categorical column: one for each category; where bytes do not suffice, of the heaviest. */
export function categoricalBins(
  values: Float32Array,
  weights: Float32Array | undefined,
): ColumnBins {
  const mass = new Map<number, number>();
  let missing = false;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (Number.isNaN(value)) missing = true;
    else mass.set(value, (mass.get(value) ?? 0) + (weights?.[row] ?? 1));
  }
  const most = missing ? BYTE - 1 : BYTE;
  let categories = [...mass.keys()].sort((a, b) => a - b);
  const rare = categories.length > most;
  if (rare) {
    categories = categories
      .sort((a, b) => (mass.get(b) as number) - (mass.get(a) as number) || a - b)
      .slice(0, most - 1)
      .sort((a, b) => a - b);
  }
  const kept = Float32Array.from(categories);
  const bins = kept.length + (rare ? 1 : 0);
  return {
    bins,
    missingBin: missing ? bins : -1,
    lows: kept,
    highs: kept,
    categorical: true,
    rareBin: rare ? kept.length : -1,
  };
}

/** Writes the bin of row r to `target[at + r · stride]`. */
export function writeBins(
  column: ColumnBins,
  values: Float32Array,
  target: Uint8Array,
  at: number,
  stride: number,
): void {
  // Eight halvings without branches to mispredict: the last bin whose least value is ≤ the value.
  const lows = new Float64Array(BYTE).fill(Infinity);
  lows.set(column.lows);
  const { missingBin, categorical, rareBin } = column;
  for (let row = 0, to = at; row < values.length; row++, to += stride) {
    const value = values[row] as number;
    let bin = 0;
    for (let step = BYTE / 2; step >= 1; step >>= 1) {
      bin += (lows[bin + step] as number) <= value ? step : 0;
    }
    if (Number.isNaN(value)) bin = missingBin;
    else if (categorical && lows[bin] !== value) bin = rareBin;
    target[to] = bin;
  }
}

function distinctOf(sorted: Float32Array): Float32Array {
  const distinct = new Float32Array(sorted.length);
  let count = 0;
  for (let i = 0; i < sorted.length; i++) {
    const value = sorted[i] as number;
    if (count === 0 || value !== distinct[count - 1]) distinct[count++] = value;
  }
  return distinct.slice(0, count);
}

/** Weight of each distinct value. */
function massOf(
  distinct: Float32Array,
  values: Float32Array,
  sorted: Float32Array,
  weights: Float32Array | undefined,
): Float64Array {
  const mass = new Float64Array(distinct.length);
  if (weights === undefined) {
    for (let i = 0, at = 0; i < sorted.length; i++) {
      if (sorted[i] !== distinct[at]) at++;
      mass[at] = (mass[at] as number) + 1;
    }
    return mass;
  }
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (Number.isNaN(value)) continue;
    const at = indexOf(distinct, value);
    mass[at] = (mass[at] as number) + (weights[row] as number);
  }
  return mass;
}

function indexOf(sorted: Float32Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ends (exclusive) of at most `most` runs of about equal weight. */
function equalWeight(mass: Float64Array, most: number): Uint32Array {
  const ends = new Uint32Array(most);
  let count = 0;
  let left = mass.reduce((sum, weight) => sum + weight, 0);
  let inRun = 0;
  for (let i = 0; i < mass.length - 1; i++) {
    inRun += mass[i] as number;
    const fair = (left / (most - count)) * (1 + 1e-12);
    const next = mass[i + 1] as number;
    if (count < most - 1 && (inRun + next / 2 > fair || next > fair)) {
      ends[count++] = i + 1;
      left -= inRun;
      inRun = 0;
    }
  }
  ends[count++] = mass.length;
  return ends.slice(0, count);
}
