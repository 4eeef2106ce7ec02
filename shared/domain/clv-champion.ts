import { CLV_BASELINES, CLV_CANDIDATES } from '../schemas/clv-model.ts';
import type { MetricInterval } from '../schemas/model.ts';
import {
  type ClvCandidate,
  type ClvMethod,
  type ClvTraining,
  openClvPopulation,
  trainClvCandidates,
} from './clv-candidates.ts';
import { type ClvEvaluation, evaluateClv } from './clv-evaluation.ts';
import { followingValues, labelDaysAt } from './clv-training-rows.ts';
import { DAY_MS } from './orders/customer-as-of.ts';
import type { OrderBook } from './orders/order-book.ts';

export interface ChosenChampion {
  readonly champion: ClvCandidate;
  /** Null where there was no time, or too little to train trees on. */
  readonly compared: ClvComparison | null;
}

/** All candidates at an earlier cut-off, with what followed it. */
export interface ClvComparison {
  readonly training: ClvTraining;
  readonly days: number;
  readonly values: ReadonlyMap<ClvMethod, Float64Array>;
  readonly actual: Float64Array;
  /** The candidates and baselines there, the incumbent first. */
  readonly evaluation: ClvEvaluation;
}

/** The mean of unlike models errs least where nothing else is known. */
export const INCUMBENT = 'ensemble';
/** Where trees cannot be trained, or there is no time to compare. */
export const WITHOUT_TREES = 'seasonal-bg-nbd' satisfies ClvCandidate;
const WITHOUT_COMPARISON: ChosenChampion = { champion: WITHOUT_TREES, compared: null };

/**
 * The candidate for a cut-off, by evidence before it alone: all are trained at a cut-off so far back
 * that its horizon (or as much as labels cover) has passed, and measured on what followed. The mean of
 * all stays unless another is better beyond chance in Gini, Spearman and mean absolute error alike (95 %
 * intervals of the paired differences), of several the best in Gini: one earlier window is one season,
 * and with so many candidates one of them is better in something by chance.
 */
export async function chooseClvChampion(
  book: Pick<OrderBook, 'customers' | 'from'>,
  at: number,
  horizonDays: number,
  seed: number,
): Promise<ChosenChampion> {
  const days = labelDaysAt(book, at, horizonDays);
  if (days === 0) return WITHOUT_COMPARISON;
  const training = await trainClvCandidates(book, at - days * DAY_MS, days, seed);
  const { values } = openClvPopulation(training.population)(training.snapshot);
  if (!values.has(INCUMBENT)) return WITHOUT_COMPARISON;
  const actual = followingValues(training.snapshot);
  const evaluation = evaluateMethods(values, INCUMBENT, actual, seed);
  return {
    champion: bestOf(evaluation),
    compared: { training, days, values, actual, evaluation },
  };
}

/** All methods against one, which comes first. */
export function evaluateMethods(
  values: ClvComparison['values'],
  first: ClvCandidate,
  actual: Float64Array,
  seed: number,
): ClvEvaluation {
  const others = [...CLV_BASELINES, ...CLV_CANDIDATES].filter((name) => name !== first);
  return evaluateClv(
    new Map([first, ...others].map((name) => [name, values.get(name) as Float64Array])),
    actual,
    seed,
  );
}

function bestOf({ models, differences }: ClvEvaluation): ClvCandidate {
  const giniOf = (model: ClvCandidate) => models.get(model)?.gini.value ?? 0;
  return CLV_CANDIDATES.filter((model) => {
    const difference = differences.get(model);
    if (difference === undefined) return false;
    const { gini, spearman, mae } = difference;
    return sign(gini) === -1 && sign(spearman) === -1 && sign(mae) === 1;
  }).reduce<ClvCandidate>(
    (best, model) => (best === INCUMBENT || giniOf(model) > giniOf(best) ? model : best),
    INCUMBENT,
  );
}

/** Of a difference that is beyond chance; 0 for others. */
function sign({ lower, upper }: MetricInterval): number {
  if (lower === null || upper === null) return 0;
  return lower > 0 ? 1 : upper < 0 ? -1 : 0;
}
