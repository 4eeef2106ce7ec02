import { seasonFactor } from './clv-season.ts';
import { type ClvSnapshot, clvSnapshot, pastSpend } from './clv-snapshot.ts';
import { clvTrainingRows } from './clv-training-rows.ts';
import { trainClvTrees } from './clv-trees.ts';
import type { OrderBook } from './orders/order-book.ts';

export const CLV_BASELINES = ['past-spend', 'bg-nbd-gamma-gamma'] as const;
export const CLV_CANDIDATES = [
  'seasonal-bg-nbd',
  'two-stage',
  'tweedie',
  'correction',
  'trees',
  'ensemble',
] as const;
export type ClvModel = (typeof CLV_BASELINES)[number] | (typeof CLV_CANDIDATES)[number];

/** What each model predicts at a cut-off. */
export interface ClvPredictions {
  readonly snapshot: ClvSnapshot;
  /** Values by customer. Candidates of trees are absent where there was too little to learn from. */
  readonly values: ReadonlyMap<ClvModel, Float64Array>;
  readonly labelDays: number;
  readonly cutoffs: readonly number[];
  readonly rows: number;
  readonly cap: number;
  readonly season: number;
}

/**
 * Trains every candidate on what happened before `at` and predicts the horizon after it.
 *
 * All candidates predict the same total, that of BG/NBD × Gamma-Gamma times the season: trees know
 * who is worth more than whom, the level of the coming months is a fact about the shop. Where labels
 * are shorter than the horizon, each customer's value grows as BG/NBD expects the purchases to.
 */
export async function predictClv(
  book: Pick<OrderBook, 'customers' | 'from'>,
  at: number,
  horizonDays: number,
  seed: number,
): Promise<ClvPredictions> {
  const rows = clvTrainingRows(book, at, horizonDays);
  const snapshot = clvSnapshot(book, at, horizonDays);
  const season = seasonFactor(book, at, horizonDays);
  const plain = Float64Array.from(snapshot.predictions, ({ value }) => value);
  const total = season * sumOf(plain);
  const values = new Map<ClvModel, Float64Array>([
    ['past-spend', pastSpend(snapshot, book.from)],
    ['bg-nbd-gamma-gamma', plain],
    ['seasonal-bg-nbd', scaledTo(total, plain)],
  ]);
  const trees = await trainClvTrees(rows, seed);
  if (trees !== null) {
    const short = rows.labelDays === horizonDays ? snapshot : clvSnapshot(book, at, rows.labelDays);
    const long = (value: number, row: number) => {
      const expected = short.predictions[row]?.purchases ?? 0;
      return expected > 0 ? (value * (snapshot.predictions[row]?.purchases ?? 0)) / expected : 0;
    };
    const predicted = (predict: (snapshot: ClvSnapshot) => Float64Array) =>
      scaledTo(total, predict(short).map(long));
    const twoStage = predicted(trees.twoStage);
    const tweedie = predicted(trees.tweedie);
    const correction = predicted(trees.correction);
    const both = meanOf([twoStage, tweedie]);
    values.set('two-stage', twoStage);
    values.set('tweedie', tweedie);
    values.set('correction', correction);
    values.set('trees', both);
    values.set('ensemble', meanOf([both, correction, scaledTo(total, plain)]));
  }
  return {
    snapshot,
    values,
    labelDays: rows.labelDays,
    cutoffs: rows.snapshots.map((one) => one.at),
    rows: rows.labels.reduce((sum, { length }) => sum + length, 0),
    cap: rows.cap,
    season,
  };
}

function scaledTo(total: number, values: Float64Array): Float64Array {
  const sum = sumOf(values);
  return sum > 0 ? values.map((value) => (value * total) / sum) : values;
}

function meanOf(parts: readonly Float64Array[]): Float64Array {
  return (parts[0] as Float64Array).map(
    (_, row) => parts.reduce((sum, part) => sum + (part[row] as number), 0) / parts.length,
  );
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
