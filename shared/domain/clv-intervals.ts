import { quantile } from '../math/quantile.ts';
import type { ClvDocument } from '../schemas/clv-model.ts';

export type ClvIntervals = ClvDocument['intervals'];

/** Of an 80 % interval. */
const LOW = 0.1;
const HIGH = 0.9;
const MOST_BINS = 10;
const LEAST_ROWS = 50;
/** Quantiles of an exponential distribution, in means. */
const EXPONENTIAL = { low: -Math.log(1 - LOW), high: -Math.log(1 - HIGH) } as const;

/**
 * What customers of like predictions spent, relative to them: split-conformal quantiles within bins of
 * the predicted value. Coverage is that of each half of the rows by the other's bins.
 *
 * Source: Lei, G'Sell, Rinaldo, Tibshirani & Wasserman (2018), "Distribution-free predictive inference
 * for regression", with the bins of Mondrian conformal prediction (Vovk, 2005).
 * @param evidence predictions of earlier customers and what followed; null without any
 */
export function clvIntervals(
  evidence: { readonly predicted: Float64Array; readonly actual: Float64Array } | null,
): ClvIntervals {
  if (evidence === null || evidence.predicted.length < LEAST_ROWS)
    return { basis: 'exponential', coverage: null, bins: [{ from: 0, ...EXPONENTIAL }] };
  const rows = [...evidence.predicted.keys()];
  const halves = [0, 1].map((half) => rows.filter((row) => row % 2 === half));
  const covered = halves.reduce((sum, half, index) => {
    const bins = binsOf(evidence, halves[1 - index] ?? []);
    return (
      sum +
      half.filter((row) => {
        const { low, high } = clvInterval(bins, evidence.predicted[row] as number);
        const actual = evidence.actual[row] as number;
        return actual >= low && actual <= high;
      }).length
    );
  }, 0);
  return {
    basis: 'time-later',
    coverage: covered / rows.length,
    bins: binsOf(evidence, rows),
  };
}

/** The interval of a predicted value; it holds the value itself. */
export function clvInterval(
  bins: ClvIntervals['bins'],
  value: number,
): { readonly low: number; readonly high: number } {
  const bin = bins.findLast(({ from }) => value >= from) ?? { low: 0, high: 1 };
  return { low: value * Math.min(1, bin.low), high: value * Math.max(1, bin.high) };
}

function binsOf(
  { predicted, actual }: { readonly predicted: Float64Array; readonly actual: Float64Array },
  rows: readonly number[],
): ClvIntervals['bins'] {
  const above = rows
    .filter((row) => (predicted[row] as number) > 0)
    .sort((one, other) => (predicted[one] as number) - (predicted[other] as number));
  const count = Math.max(1, Math.min(MOST_BINS, Math.floor(above.length / LEAST_ROWS)));
  if (above.length === 0) return [{ from: 0, ...EXPONENTIAL }];
  return Array.from({ length: count }, (_, bin) => {
    const own = above.slice(
      Math.round((bin * above.length) / count),
      Math.round(((bin + 1) * above.length) / count),
    );
    const ratios = Float64Array.from(
      own,
      (row) => (actual[row] as number) / (predicted[row] as number),
    ).sort();
    const low = quantile(ratios, LOW);
    // Where more than a tenth spend nothing, the interval begins at 0 and ends earlier.
    const end = low === 0 ? HIGH - LOW : HIGH;
    return {
      from: bin === 0 ? 0 : (predicted[own[0] as number] as number),
      low,
      // One row more than there are: the customer who is still to come.
      high: quantile(ratios, Math.min(1, (end * (ratios.length + 1)) / ratios.length)),
    };
  });
}
