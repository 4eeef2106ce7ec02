import { UnusableModel } from '../errors.ts';
import type { ClvScore } from '../schemas/clv.ts';
import { type ClvDocument, clvDocument } from '../schemas/clv-model.ts';
import type { Forest } from '../trees/forest.ts';
import { readXgboostJson } from '../trees/xgboost-json.ts';
import { probabilityOfNoPurchase } from './clv-buy-till-you-die.ts';
import { type ClvPopulation, type ClvValues, openClvPopulation } from './clv-candidates.ts';
import { clvFeatureDigest } from './clv-feature-definitions.ts';
import { CLV_FEATURES } from './clv-features.ts';
import { clvInterval } from './clv-intervals.ts';
import { type ClvExplanation, largestReasons, openClvReasons } from './clv-reasons.ts';
import { type ClvSnapshot, clvSnapshot } from './clv-snapshot.ts';
import { clvTier } from './clv-tiers.ts';
import { type ModelFolder, parseDocument, verifyFolder } from './model-folder.ts';
import type { OrderBook } from './orders/order-book.ts';

/** A registered version, ready to score. */
export interface ClvModel {
  readonly version: string;
  readonly document: ClvDocument;
  readonly population: ClvPopulation;
  readonly valuesOf: (snapshot: ClvSnapshot) => ClvValues;
  readonly explain: (snapshot: ClvSnapshot, row: number) => ClvExplanation;
}

/**
 * @throws ModelDigestMismatch when a byte differs from what the version names; UnusableModel for a
 *   version that is no `clv` model, or learned from features that are not computed here
 */
export function readClvModel(folder: Pick<ModelFolder, 'manifest' | 'model'>): ClvModel {
  const { version, kind, features } = verifyFolder(folder);
  if (kind !== 'clv')
    throw new UnusableModel(`${version} is a ${kind} model: it values no customers`);
  const document = parseDocument(clvDocument, folder.model, `model.json of ${version}`);
  const changed = features.filter(({ name, definition }) => definition !== digestOf(name));
  if (document.trees !== null && changed.length > 0)
    throw new UnusableModel(
      `${version} learned from other features than are known here (${changed[0]?.name}): train again`,
    );
  return openClvModel(version, document);
}

/** @throws UnusableModel */
export function openClvModel(version: string, document: ClvDocument): ClvModel {
  const population = populationOf(version, document);
  return {
    version,
    document,
    population,
    valuesOf: openClvPopulation(population),
    explain: openClvReasons(population, document.champion),
  };
}

export interface ScoringOptions {
  /** How many reasons to give, the largest first; 0 saves their time. */
  readonly reasons?: number;
}

const REASONS = 5;

/**
 * Scores every customer of the book who had bought by `at`, in the book's order. Any part of the
 * customers can be scored without the others: what is known of the population is in the model.
 * @param at epoch milliseconds: orders from then on are not looked at
 * @throws UnusableModel where the model knows sessions and carts and the customers have none
 */
export function scoreCustomers(
  model: ClvModel,
  book: Pick<OrderBook, 'customers'>,
  at: number,
  { reasons = REASONS }: ScoringOptions = {},
): ClvScore[] {
  const snapshot = snapshotFor(model, book, at);
  const { values, buys } = model.valuesOf(snapshot);
  const { champion, cut_points, intervals, horizon_days, label_days } = model.document;
  const predicted = values.get(champion) as Float64Array;
  return snapshot.customers.map(({ customer }, row) => {
    const value = predicted[row] as number;
    const history = snapshot.histories[row] as ClvSnapshot['histories'][number];
    const prediction = snapshot.predictions[row];
    return {
      customer_id: customer.id,
      predicted_value: value,
      ...clvInterval(intervals.bins, value),
      p_alive: prediction?.alive ?? 0,
      churn_probability:
        buys === null || label_days !== horizon_days
          ? probabilityOfNoPurchase(model.population.models.bgNbd, history, horizon_days)
          : 1 - (buys[row] as number),
      expected_purchases: prediction?.purchases ?? 0,
      tier: clvTier(value, cut_points),
      reasons:
        reasons === 0 ? [] : largestReasons(model.explain(snapshot, row), snapshot, row, reasons),
    };
  });
}

/** The customers of the book as the model sees them. */
export function snapshotFor(
  { version, document, population: { span, models } }: ClvModel,
  book: Pick<OrderBook, 'customers'>,
  at: number,
): ClvSnapshot {
  const { activity } = document;
  if (activity && book.customers.some((customer) => customer.activity === undefined))
    throw new UnusableModel(
      `${version} learned from sessions and carts, these orders come without: score the lake's, or train without`,
    );
  return clvSnapshot(book, at, span, models);
}

function digestOf(feature: string): string | null {
  const known = CLV_FEATURES.find((name) => name === feature);
  return known === undefined ? null : clvFeatureDigest(known);
}

function populationOf(version: string, document: ClvDocument): ClvPopulation {
  const { bg_nbd, gamma_gamma, trees } = document;
  if (trees !== null && trees.features.join() !== CLV_FEATURES.join())
    throw new UnusableModel(
      `${version} learned from other features than are known here: train again`,
    );
  return {
    at: document.as_of,
    span: {
      horizonDays: document.horizon_days,
      labelDays: document.label_days,
      from: document.data_from,
    },
    models: {
      bgNbd: { r: bg_nbd.r, alpha: bg_nbd.alpha, a: bg_nbd.a, b: bg_nbd.b },
      gammaGamma: { p: gamma_gamma.p, q: gamma_gamma.q, v: gamma_gamma.v },
    },
    season: document.season,
    trees: trees && {
      buy: forestOf(trees.buy),
      amount: forestOf(trees.amount),
      tweedie: forestOf(trees.tweedie),
      correction: forestOf(trees.correction),
      mean: trees.mean,
      least: trees.least,
      smearing: trees.smearing,
      levels: {
        twoStage: trees.levels.two_stage,
        tweedie: trees.levels.tweedie,
        correction: trees.levels.correction,
      },
    },
  };
}

function forestOf(document: Record<string, unknown>): Forest {
  return readXgboostJson(Buffer.from(JSON.stringify(document)));
}
