import { NotEnoughData } from '../errors.ts';
import { seededRandom } from '../math/seeded-random.ts';
import { CLV_BASELINES, CLV_CANDIDATES } from '../schemas/clv-model.ts';
import {
  type ClvCandidate,
  type ClvMethod,
  levelsOf,
  openClvPopulation,
  plainValues,
} from './clv-candidates.ts';
import { type ClvEvaluation, evaluateClv } from './clv-evaluation.ts';
import { clvSnapshot, fitAt } from './clv-snapshot.ts';
import { type ClvTrainingRows, cappedLabels, followingValues } from './clv-training-rows.ts';
import { trainClvTrees } from './clv-trees.ts';
import { DAY_MS } from './orders/customer-as-of.ts';
import type { Customer, OrderBook } from './orders/order-book.ts';

/** Where the days to predict are known of other customers, trees need no level of BG/NBD beside them. */
export const CROSS_VALIDATED: ClvCandidate = 'forests';

export interface ClvCrossValidation {
  readonly folds: number;
  readonly customers: readonly {
    readonly id: string;
    readonly value: number;
    readonly alive: number;
    readonly purchases: number;
  }[];
  /** `CROSS_VALIDATED`, then both baselines and the other candidates. */
  readonly evaluation: ClvEvaluation;
}

/**
 * Predicts each customer by models of the others: trained on what these did before the cut-off, and on
 * what they spent in the same horizon after it. It tells how well customers are told apart once a
 * season is known, not how well a season is foreseen.
 * @throws NotEnoughData where the orders do not cover the horizon, or the others teach too little
 */
export async function crossValidateClv(
  book: OrderBook,
  at: number,
  horizonDays: number,
  folds: number,
  seed: number,
): Promise<ClvCrossValidation> {
  if (book.to < at + (horizonDays - 1) * DAY_MS)
    throw new NotEnoughData(
      `the orders end on ${new Date(book.to).toISOString().slice(0, 10)}, before the horizon does: use a shorter one`,
    );
  const known = book.customers.filter(({ orders }) => (orders[0]?.at ?? at) < at);
  const foldOf = drawnFolds(known.length, folds, seededRandom(seed));
  const methods = [CROSS_VALIDATED, ...CLV_BASELINES, ...CLV_CANDIDATES].filter(
    (method, place, all) => all.indexOf(method) === place,
  );
  const values = new Map<ClvMethod, Float64Array>(
    methods.map((method) => [method, new Float64Array(known.length)]),
  );
  const actual = new Float64Array(known.length);
  const customers: ClvCrossValidation['customers'][number][] = new Array(known.length);
  for (let fold = 0; fold < folds; fold++) {
    const others = known.filter((_, row) => foldOf[row] !== fold);
    const rows = [...known.keys()].filter((row) => foldOf[row] === fold);
    const predict = await trainOn(others, book.from, at, horizonDays, seed);
    const { snapshot, predicted } = predict(rows.map((row) => known[row] as Customer));
    const followed = followingValues(snapshot);
    for (const [index, row] of rows.entries()) {
      actual[row] = followed[index] as number;
      for (const [method, all] of values) all[row] = predicted.get(method)?.[index] ?? Number.NaN;
      customers[row] = {
        id: (known[row] as Customer).id,
        value: predicted.get(CROSS_VALIDATED)?.[index] as number,
        alive: snapshot.predictions[index]?.alive as number,
        purchases: snapshot.predictions[index]?.purchases as number,
      };
    }
  }
  return { folds, customers, evaluation: evaluateClv(values, actual, seed) };
}

async function trainOn(
  customers: readonly Customer[],
  from: number,
  at: number,
  horizonDays: number,
  seed: number,
) {
  const fit = fitAt({ customers }, at);
  const models = { bgNbd: fit.purchases.model, gammaGamma: fit.spend.model };
  const span = { horizonDays, labelDays: horizonDays, from };
  const snapshot = clvSnapshot({ customers }, at, span, models);
  const rows = { labelDays: horizonDays, ...cappedLabels([snapshot]) };
  const trees = await trainClvTrees(rows, seed);
  if (trees === null)
    throw new NotEnoughData(
      `${customers.length} customers are too few to learn from: use fewer folds or another cut-off`,
    );
  const valuesOf = openClvPopulation({
    at,
    span,
    models,
    // The level of these very days, known of the others: the same on every day.
    season: { from_day: 0, days: [levelOf(rows)] },
    trees: { ...trees, levels: levelsOf(trees, snapshot) },
  });
  return (own: readonly Customer[]) => {
    const snapshot = clvSnapshot({ customers: own }, at, span, models);
    return { snapshot, predicted: valuesOf(snapshot).values };
  };
}

/** What was spent (capped: one wholesaler is no level), relative to what was expected. */
function levelOf({ snapshots, labels }: Pick<ClvTrainingRows, 'snapshots' | 'labels'>): number {
  const sum = (parts: readonly Float64Array[]) =>
    parts.reduce((all, part) => part.reduce((own, value) => own + value, all), 0);
  return sum(labels) / sum(snapshots.map(plainValues));
}

/** Folds of equal size, drawn. */
function drawnFolds(rows: number, folds: number, random: () => number): Uint32Array {
  const order = Array.from({ length: rows }, (_, row) => ({ row, key: random() })).sort(
    (one, other) => one.key - other.key,
  );
  const foldOf = new Uint32Array(rows);
  for (const [place, { row }] of order.entries()) foldOf[row] = place % folds;
  return foldOf;
}
