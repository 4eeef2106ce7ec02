import { NotEnoughData } from '../errors.ts';
import type { ClvValueTier } from '../schemas/clv.ts';
import { CLV_BASELINES } from '../schemas/clv-model.ts';
import { type ClvTraining, openClvPopulation, trainClvCandidates } from './clv-candidates.ts';
import { type ChosenChampion, chooseClvChampion, WITHOUT_TREES } from './clv-champion.ts';
import { type ClvEvaluation, evaluateClv } from './clv-evaluation.ts';
import { seasonFactor } from './clv-season.ts';
import { type ClvCutPoints, clvCutPoints, clvTier } from './clv-tiers.ts';
import { followingValues } from './clv-training-rows.ts';
import { DAY_MS } from './orders/customer-as-of.ts';
import type { OrderBook } from './orders/order-book.ts';

interface PredictedCustomer {
  readonly id: string;
  readonly value: number;
  readonly alive: number;
  readonly purchases: number;
  readonly tier: ClvValueTier;
}

export interface ClvBacktest {
  readonly customers: readonly PredictedCustomer[];
  readonly cutPoints: ClvCutPoints;
  readonly chosen: ChosenChampion;
  readonly training: ClvTraining;
  readonly seasonFactor: number;
  /** Null where the data end before the horizon does. */
  readonly evaluation: ClvEvaluation | null;
  /** Days of the horizon that the data cover. */
  readonly coveredDays: number;
}

/**
 * Predicts what every customer who bought before `at` spends in the horizon after it, from nothing
 * that happened at `at` or later, and measures it where the data reach to the end of the horizon.
 * @param at epoch milliseconds
 * @throws NotEnoughData when nobody bought before it
 */
export async function backtestClv(
  book: OrderBook,
  at: number,
  horizonDays: number,
  seed: number,
): Promise<ClvBacktest> {
  if (!(book.from < at))
    throw new NotEnoughData(
      `nobody bought before the cut-off ${day(at)}: the orders begin on ${day(book.from)}`,
    );
  const chosen = await chooseClvChampion(book, at, horizonDays, seed);
  const training = await trainClvCandidates(book, at, horizonDays, seed);
  const { snapshot, population } = training;
  const { values } = openClvPopulation(population)(snapshot);
  const champion: ChosenChampion = values.has(chosen.champion)
    ? chosen
    : { ...chosen, champion: WITHOUT_TREES };
  const value = values.get(champion.champion) as Float64Array;
  const cutPoints = clvCutPoints(value);
  const coveredDays = Math.max(0, Math.floor(book.to / DAY_MS) + 1 - at / DAY_MS);
  return {
    customers: snapshot.customers.map(({ customer }, row) => ({
      id: customer.id,
      value: value[row] as number,
      alive: snapshot.predictions[row]?.alive as number,
      purchases: snapshot.predictions[row]?.purchases as number,
      tier: clvTier(value[row] as number, cutPoints),
    })),
    cutPoints,
    chosen: champion,
    training,
    seasonFactor: seasonFactor(population.season, at, horizonDays),
    coveredDays: Math.min(horizonDays, coveredDays),
    evaluation:
      coveredDays < horizonDays
        ? null
        : evaluateClv(
            new Map([
              [champion.champion, value],
              ...CLV_BASELINES.map((name) => [name, values.get(name) as Float64Array] as const),
            ]),
            followingValues(snapshot),
            seed,
          ),
  };
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
