import { captureGini } from '../math/capture-gini.ts';
import { meanAbsoluteError } from '../math/regression-metrics.ts';
import type { CustomerAsOf } from './orders/customer-as-of.ts';

/** How a group of customers was predicted. */
export interface ClvSlice {
  readonly dimension: 'country' | 'cohort';
  readonly name: string;
  readonly customers: number;
  /** Relative to a perfect ranking; null where nobody bought. */
  readonly gini: number | null;
  readonly mae: number;
  /** Total, predicted / actual − 1; null where nobody bought. */
  readonly totalBias: number | null;
  /** Of customers who turned out to be in the best fifth, the share predicted to be in it. */
  readonly found: number | null;
}

/** Smaller groups say nothing. */
const LEAST_CUSTOMERS = 50;
const BEST_SHARE = 0.2;
const OTHER = 'other';

/** By country, those of few customers together, and by quarter of the first order. */
export function clvSlices(
  customers: readonly CustomerAsOf[],
  predicted: Float64Array,
  actual: Float64Array,
): readonly ClvSlice[] {
  const best = {
    predicted: bestFrom(predicted),
    actual: Math.max(bestFrom(actual), Number.EPSILON),
  };
  const slice = (dimension: ClvSlice['dimension'], name: string, rows: readonly number[]) => {
    const own = Float64Array.from(rows, (row) => predicted[row] as number);
    const followed = Float64Array.from(rows, (row) => actual[row] as number);
    const [gini, perfect] = [captureGini(own, followed)(), captureGini(followed, followed)()];
    const total = sumOf(followed);
    const top = rows.filter((row) => (actual[row] as number) >= best.actual);
    const hits = top.filter((row) => (predicted[row] as number) >= best.predicted);
    return {
      dimension,
      name,
      customers: rows.length,
      gini: gini === null || !perfect ? null : gini / perfect,
      mae: meanAbsoluteError(own, followed),
      totalBias: total > 0 ? sumOf(own) / total - 1 : null,
      found: top.length === 0 ? null : hits.length / top.length,
    };
  };
  return [
    ...grouped(customers, ({ customer }) => customer.country).map(([name, rows]) =>
      slice('country', name, rows),
    ),
    ...grouped(customers, ({ firstOrderAt }) => quarterOf(firstOrderAt)).map(([name, rows]) =>
      slice('cohort', name, rows),
    ),
  ];
}

/** Groups of enough customers by name, the rest as one; none where no customer has a name. */
function grouped(
  customers: readonly CustomerAsOf[],
  nameOf: (customer: CustomerAsOf) => string | null,
): readonly (readonly [string, readonly number[]])[] {
  const rows = [...customers.keys()].filter((row) => nameOf(customers[row] as CustomerAsOf));
  const groups = Map.groupBy(rows, (row) => nameOf(customers[row] as CustomerAsOf) as string);
  const isLarge = (own: readonly number[]) => own.length >= LEAST_CUSTOMERS;
  const rest = [...groups.values()].filter((own) => !isLarge(own)).flat();
  return [
    ...[...groups]
      .filter(([, own]) => isLarge(own))
      .sort(([one], [other]) => (one < other ? -1 : 1)),
    ...(isLarge(rest) ? [[OTHER, rest] as const] : []),
  ];
}

function quarterOf(at: number): string {
  const date = new Date(at);
  return `${date.getUTCFullYear()}-Q${Math.floor(date.getUTCMonth() / 3) + 1}`;
}

function bestFrom(values: Float64Array): number {
  const sorted = values.toSorted();
  return sorted[Math.floor((1 - BEST_SHARE) * sorted.length)] ?? 0;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
