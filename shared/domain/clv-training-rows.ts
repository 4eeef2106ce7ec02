import { quantile } from '../math/quantile.ts';
import { type ClvSnapshot, clvSnapshot, fitAt } from './clv-snapshot.ts';
import { DAY_MS, valueBetween } from './orders/customer-as-of.ts';
import type { OrderBook } from './orders/order-book.ts';

/** Snapshots at sliding cut-offs, with what followed. */
export interface ClvTrainingRows {
  /** Days that the labels cover: the horizon, or half the history where that is shorter. */
  readonly labelDays: number;
  readonly snapshots: readonly ClvSnapshot[];
  /** By snapshot and customer: net value, capped at the 99.9th percentile of all. */
  readonly labels: readonly Float64Array[];
  readonly cap: number;
}

const MOST_CUTOFFS = 12;
const LEAST_STEP_DAYS = 7;
const CAP_QUANTILE = 0.999;

/** Days that labels of training at a cut-off can cover. */
export function labelDaysAt({ from }: Pick<OrderBook, 'from'>, at: number, horizonDays: number) {
  return Math.min(horizonDays, Math.floor((at - from) / DAY_MS / 2));
}

/**
 * Rows of up to 12 evenly spaced cut-offs. Every label ends at or before `at`, the first cut-off has
 * a quarter of the history before it, or 90 days.
 */
export function clvTrainingRows(
  book: Pick<OrderBook, 'customers' | 'from'>,
  at: number,
  horizonDays: number,
): ClvTrainingRows {
  const labelDays = labelDaysAt(book, at, horizonDays);
  const history = (at - book.from) / DAY_MS;
  const room = history - labelDays - Math.min(90, history / 4);
  const step = Math.max(LEAST_STEP_DAYS, Math.ceil(room / MOST_CUTOFFS));
  const snapshots: ClvSnapshot[] = [];
  for (let back = labelDays; back <= labelDays + room && labelDays > 0; back += step)
    snapshots.push(fittedSnapshot(book, at - back * DAY_MS, labelDays));
  return { labelDays, ...cappedLabels(snapshots) };
}

/** Snapshots with what followed them, capped at the 99.9th percentile of all. */
export function cappedLabels(
  snapshots: readonly ClvSnapshot[],
): Omit<ClvTrainingRows, 'labelDays'> {
  const values = snapshots.map((snapshot) => followingValues(snapshot));
  const sorted = Float64Array.from(values.flatMap((one) => [...one])).sort();
  const cap = sorted.length === 0 ? 0 : quantile(sorted, CAP_QUANTILE);
  return {
    snapshots,
    labels: values.map((one) => one.map((value) => Math.min(cap, value))),
    cap,
  };
}

/** A cut-off of training, with what BG/NBD × Gamma-Gamma would have said then. */
function fittedSnapshot(
  book: Pick<OrderBook, 'customers' | 'from'>,
  at: number,
  labelDays: number,
): ClvSnapshot {
  const { purchases, spend } = fitAt(book, at);
  return clvSnapshot(
    book,
    at,
    { horizonDays: labelDays, labelDays, from: book.from },
    { bgNbd: purchases.model, gammaGamma: spend.model },
  );
}

/** What each customer of a snapshot spent in the horizon after it. */
export function followingValues({ customers, at, horizonDays }: ClvSnapshot): Float64Array {
  return Float64Array.from(customers, ({ customer }) =>
    valueBetween(customer, at, at + horizonDays * DAY_MS),
  );
}
