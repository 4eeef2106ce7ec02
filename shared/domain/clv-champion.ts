import type { MetricInterval } from '../schemas/model.ts';
import {
  CLV_CANDIDATES,
  type ClvModel,
  type ClvPredictions,
  predictClv,
} from './clv-candidates.ts';
import { type ClvEvaluation, evaluateClv } from './clv-evaluation.ts';
import { followingValues, labelDaysAt } from './clv-training-rows.ts';
import { DAY_MS } from './orders/customer-as-of.ts';
import type { OrderBook } from './orders/order-book.ts';

export interface ChosenChampion {
  readonly champion: ClvModel;
  /** Epoch milliseconds of the cut-off that the candidates were compared after; null without one. */
  readonly comparedAt: number | null;
  readonly comparedDays: number;
  /** The candidates there, the incumbent first. */
  readonly evaluation: ClvEvaluation | null;
}

/** The mean of unlike models errs least where nothing else is known. */
const INCUMBENT = 'ensemble';
/** Where trees cannot be trained, or there is no time to compare. */
const WITHOUT_TREES = 'seasonal-bg-nbd';

/**
 * The candidate for a cut-off, by evidence before it alone: all are trained at a cut-off so far back
 * that its horizon (or as much as labels cover) has passed, and measured on what followed. The mean of
 * all stays unless another is better beyond chance in Gini, Spearman or mean absolute error (95 %
 * interval of the paired difference) and worse beyond chance in none; of several the best in Gini.
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
  if (earlier === null || !earlier.values.has(INCUMBENT))
    return { champion: WITHOUT_TREES, comparedAt: null, comparedDays: 0, evaluation: null };
  const evaluation = compared(earlier, seed);
  return { champion: bestOf(evaluation), comparedAt, comparedDays, evaluation };
}

function compared({ snapshot, values }: ClvPredictions, seed: number): ClvEvaluation {
  const models = [INCUMBENT, ...CLV_CANDIDATES.filter((model) => model !== INCUMBENT)] as const;
  return evaluateClv(
    new Map(models.map((model) => [model, values.get(model) as Float64Array])),
    followingValues(snapshot),
    seed,
  );
}

function bestOf({ models, differences }: ClvEvaluation): ClvModel {
  const giniOf = (model: ClvModel) => models.get(model)?.gini.value ?? 0;
  return CLV_CANDIDATES.filter((model) => {
    const difference = differences.get(model);
    if (difference === undefined) return false;
    const { gini, spearman, mae } = difference;
    const signs = [sign(gini), sign(spearman), -sign(mae)];
    return signs.includes(-1) && !signs.includes(1);
  }).reduce<ClvModel>(
    (best, model) => (best === INCUMBENT || giniOf(model) > giniOf(best) ? model : best),
    INCUMBENT,
  );
}

/** Of a difference that is beyond chance; 0 for others. */
function sign({ lower, upper }: MetricInterval): number {
  if (lower === null || upper === null) return 0;
  return lower > 0 ? 1 : upper < 0 ? -1 : 0;
}
