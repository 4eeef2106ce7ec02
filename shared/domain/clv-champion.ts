import { captureGini } from '../math/capture-gini.ts';
import { meanAbsoluteError } from '../math/regression-metrics.ts';
import { spearmanCorrelation } from '../math/spearman-correlation.ts';
import {
  CLV_CANDIDATES,
  type ClvModel,
  type ClvPredictions,
  predictClv,
} from './clv-candidates.ts';
import { followingValues, labelDaysAt } from './clv-training-rows.ts';
import { DAY_MS } from './orders/customer-as-of.ts';
import type { OrderBook } from './orders/order-book.ts';

export interface ChosenChampion {
  readonly champion: ClvModel;
  /** Epoch milliseconds of the cut-off that the candidates were compared after; null without one. */
  readonly comparedAt: number | null;
  readonly comparedDays: number;
  /** By candidate: its mean rank (1 is best) in Gini, Spearman and mean absolute error. */
  readonly ranks: ReadonlyMap<ClvModel, number>;
}

/** What is chosen where there is no time to compare: no training, but the season. */
const UNCOMPARED = 'seasonal-bg-nbd';

/**
 * The candidate that did best on later customers' values, all of it before `at`: trained at a cut-off
 * so far back that its horizon (or as much as labels cover) has passed.
 */
export async function chooseClvChampion(
  book: Pick<OrderBook, 'customers' | 'from'>,
  at: number,
  horizonDays: number,
  seed: number,
): Promise<ChosenChampion> {
  const comparedDays = labelDaysAt(book, at, horizonDays);
  const comparedAt = at - comparedDays * DAY_MS;
  const earlier = comparedDays > 0 ? await predictClv(book, comparedAt, comparedDays, seed) : null;
  if (earlier === null || !followingValues(earlier.snapshot).some((value) => value > 0))
    return { champion: UNCOMPARED, comparedAt: null, comparedDays: 0, ranks: new Map() };
  const ranks = meanRanks(earlier);
  const [champion = UNCOMPARED] = [...ranks].toSorted(([, a], [, b]) => a - b)[0] ?? [];
  return { champion, comparedAt, comparedDays, ranks };
}

function meanRanks({ snapshot, values }: ClvPredictions): ReadonlyMap<ClvModel, number> {
  const actual = followingValues(snapshot);
  const losses = CLV_CANDIDATES.flatMap((model) => {
    const predicted = values.get(model);
    if (predicted === undefined) return [];
    const gini = -(captureGini(predicted, actual)() ?? 0);
    const spearman = -(spearmanCorrelation(predicted, actual)() ?? 0);
    return [{ model, losses: [gini, spearman, meanAbsoluteError(predicted, actual)] }];
  });
  return new Map(
    losses.map((one) => [
      one.model,
      one.losses.reduce(
        (sum, loss, metric) =>
          sum + 1 + losses.filter((other) => (other.losses[metric] as number) < loss).length,
        0,
      ) / one.losses.length,
    ]),
  );
}
