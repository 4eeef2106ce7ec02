import { type CLV_BASELINES, CLV_CANDIDATES } from '../schemas/clv-model.ts';
import type { BuyTillYouDie, BuyTillYouDieFit } from './clv-buy-till-you-die.ts';
import { type SeasonProfile, seasonFactor, seasonProfile } from './clv-season.ts';
import { type ClvSnapshot, type ClvSpan, clvSnapshot, fitAt, pastSpend } from './clv-snapshot.ts';
import { clvTrainingRows } from './clv-training-rows.ts';
import { type ClvTreeValues, openClvTrees } from './clv-tree-values.ts';
import { type ClvTrees, trainClvTrees } from './clv-trees.ts';
import type { OrderBook } from './orders/order-book.ts';

export type ClvCandidate = (typeof CLV_CANDIDATES)[number];
export type ClvMethod = (typeof CLV_BASELINES)[number] | ClvCandidate;

type ClvComponent = 'seasonal-bg-nbd' | 'two-stage' | 'tweedie' | 'correction';
type ClvMixture = readonly (readonly [ClvComponent, number])[];

/** What each candidate is the weighted mean of. */
export const CLV_MIXTURES: Readonly<Record<ClvCandidate, ClvMixture>> = {
  'seasonal-bg-nbd': [['seasonal-bg-nbd', 1]],
  'two-stage': [['two-stage', 1]],
  tweedie: [['tweedie', 1]],
  correction: [['correction', 1]],
  trees: [
    ['two-stage', 1 / 2],
    ['tweedie', 1 / 2],
  ],
  forests: [
    ['two-stage', 0.4],
    ['correction', 0.4],
    ['tweedie', 0.2],
  ],
  ensemble: [
    ['seasonal-bg-nbd', 0.35],
    ['two-stage', 0.35],
    ['correction', 0.3],
  ],
};

/** Every fact about a population that its customers' values are computed from. */
export interface ClvPopulation {
  /** Epoch milliseconds: nothing from then on was looked at. */
  readonly at: number;
  readonly span: ClvSpan;
  readonly models: BuyTillYouDie;
  readonly season: SeasonProfile | null;
  /** Null where there was too little to learn from. */
  readonly trees: (ClvTrees & { readonly levels: ClvLevels }) | null;
}

/** What brings a component's total to that of BG/NBD × Gamma-Gamma before the season. */
export interface ClvLevels {
  readonly twoStage: number;
  readonly tweedie: number;
  readonly correction: number;
}

/** What the candidates were made of. */
export interface ClvTraining {
  readonly population: ClvPopulation;
  readonly fit: BuyTillYouDieFit;
  /** Everybody at `population.at`. */
  readonly snapshot: ClvSnapshot;
  readonly cutoffs: readonly number[];
  readonly rows: number;
  /** What labels were capped at. */
  readonly cap: number;
}

/** Values of a snapshot's customers, and what they rest on. */
export interface ClvValues {
  /** Candidates of trees are absent where there are none. */
  readonly values: ReadonlyMap<ClvMethod, Float64Array>;
  /** Probability of a purchase in the days that labels cover; null without trees. */
  readonly buys: Float64Array | null;
}

/**
 * Trains every candidate on what happened before `at`.
 *
 * All candidates predict the same total, that of BG/NBD × Gamma-Gamma times the season: trees know
 * who is worth more than whom, the level of the coming months is a fact about the shop. Where labels
 * are shorter than the horizon, each customer's value grows as BG/NBD expects the purchases to.
 */
export async function trainClvCandidates(
  book: Pick<OrderBook, 'customers' | 'from'>,
  at: number,
  horizonDays: number,
  seed: number,
): Promise<ClvTraining> {
  const rows = clvTrainingRows(book, at, horizonDays);
  const fit = fitAt(book, at);
  const models = { bgNbd: fit.purchases.model, gammaGamma: fit.spend.model };
  const span = { horizonDays, labelDays: rows.labelDays, from: book.from };
  const snapshot = clvSnapshot(book, at, span, models);
  const trees = await trainClvTrees(rows, seed);
  return {
    population: {
      at,
      span,
      models,
      season: seasonProfile(book, at),
      trees: trees === null ? null : { ...trees, levels: levelsOf(trees, snapshot) },
    },
    fit,
    snapshot,
    cutoffs: rows.snapshots.map((one) => one.at),
    rows: rows.labels.reduce((sum, { length }) => sum + length, 0),
    cap: rows.cap,
  };
}

/** Levels at which every component has the total of BG/NBD × Gamma-Gamma on a snapshot. */
export function levelsOf(trees: ClvTrees, snapshot: ClvSnapshot): ClvLevels {
  const { twoStage, tweedie, correction } = openClvTrees(trees)(snapshot);
  const total = sumOf(plainValues(snapshot));
  const level = (values: Float64Array) => {
    const sum = sumOf(drawnOut(values, snapshot));
    return sum > 0 ? total / sum : 1;
  };
  return { twoStage: level(twoStage), tweedie: level(tweedie), correction: level(correction) };
}

/**
 * Opens a population: the function then answers for any part of its customers, at any later time.
 * @param open the forests; another than the usual way where somebody else has evaluated them
 */
export function openClvPopulation(
  population: ClvPopulation,
  open: (trees: ClvTrees) => (snapshot: ClvSnapshot) => ClvTreeValues = openClvTrees,
): (snapshot: ClvSnapshot) => ClvValues {
  const { trees, season, span } = population;
  const grown = trees === null ? null : open(trees);
  return (snapshot) => {
    const factor = seasonFactor(season, snapshot.at, span.horizonDays);
    const plain = plainValues(snapshot);
    const seasonal = plain.map((value) => value * factor);
    const values = new Map<ClvMethod, Float64Array>([
      ['past-spend', pastSpend(snapshot, span.from)],
      ['bg-nbd-gamma-gamma', plain],
      ['seasonal-bg-nbd', seasonal],
    ]);
    if (grown === null || trees === null) return { values, buys: null };
    const told = grown(snapshot);
    const { levels } = trees;
    const leveled = (raw: Float64Array, level: number) =>
      drawnOut(raw, snapshot).map((value) => value * level * factor);
    const components = {
      'seasonal-bg-nbd': seasonal,
      'two-stage': leveled(told.twoStage, levels.twoStage),
      tweedie: leveled(told.tweedie, levels.tweedie),
      correction: leveled(told.correction, levels.correction),
    };
    for (const candidate of CLV_CANDIDATES)
      values.set(candidate, mixed(components, CLV_MIXTURES[candidate]));
    return { values, buys: told.buys };
  };
}

/** Of BG/NBD × Gamma-Gamma. */
export const plainValues = ({ predictions }: ClvSnapshot) =>
  Float64Array.from(predictions, ({ value }) => value);

/** From the days of the labels to the horizon, as BG/NBD expects the purchases to grow. */
function drawnOut(values: Float64Array, snapshot: ClvSnapshot): Float64Array {
  if (snapshot.predictions === snapshot.short) return values;
  return values.map((value, row) => value * growth(snapshot, row));
}

/** Of a customer's value from the days of the labels to the horizon. */
export function growth({ predictions, short }: ClvSnapshot, row: number): number {
  const expected = short[row]?.purchases ?? 0;
  return expected > 0 ? (predictions[row]?.purchases ?? 0) / expected : 0;
}

function mixed(parts: Readonly<Record<ClvComponent, Float64Array>>, mixture: ClvMixture) {
  const values = new Float64Array(parts['seasonal-bg-nbd'].length);
  for (const [component, weight] of mixture)
    for (const [row, value] of parts[component].entries())
      values[row] = (values[row] as number) + weight * value;
  return values;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
