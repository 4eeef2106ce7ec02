import { NotEnoughData } from '../errors.ts';
import type { ClvDocument } from '../schemas/clv-model.ts';
import type { Gate, Manifest, MetricInterval } from '../schemas/model.ts';
import type { Forest } from '../trees/forest.ts';
import { writeXgboostJson } from '../trees/write-xgboost-json.ts';
import {
  type ClvCandidate,
  type ClvTraining,
  openClvPopulation,
  trainClvCandidates,
} from './clv-candidates.ts';
import { clvCard } from './clv-card.ts';
import {
  type ClvComparison,
  chooseClvChampion,
  evaluateMethods,
  INCUMBENT,
  WITHOUT_TREES,
} from './clv-champion.ts';
import type { ClvEvaluation } from './clv-evaluation.ts';
import { clvEvaluationPage } from './clv-evaluation-page.ts';
import { clvFeatureDigest } from './clv-feature-definitions.ts';
import { CLV_FEATURES } from './clv-features.ts';
import { clvGates } from './clv-gates.ts';
import { type ClvIntervals, clvIntervals } from './clv-intervals.ts';
import { clvReport } from './clv-report.ts';
import { type ClvSlice, clvSlices } from './clv-slices.ts';
import { type ClvCutPoints, clvCutPoints } from './clv-tiers.ts';
import { featureBaseline } from './feature-baseline.ts';
import { blockingGates } from './gates.ts';
import { composeModel, type ModelFolder } from './model-folder.ts';
import type { OrderBook } from './orders/order-book.ts';

export const CLV_MODEL = 'clv';

export interface ClvRun {
  /** Epoch milliseconds: orders from then on are not looked at. */
  readonly at: number;
  readonly horizonDays: number;
  readonly seed: number;
  /** `YYYY-MM-DD`. */
  readonly runDate: string;
  readonly codeVersion: string;
  /** SHA-256, hex, of the orders. */
  readonly dataDigests: readonly string[];
  /** Where they are from, such as `transactions`: whoever trains again has to name them. */
  readonly ordersFrom?: string;
  /** Customers of the base that those of the book are a sample of; the manifest records it. */
  readonly sampledFrom?: number;
  /** The version in use before and its cut points, which stay where they can. */
  readonly before?: { readonly version: string; readonly cutPoints: ClvCutPoints };
}

export interface TrainedClv {
  readonly folder: ModelFolder & { readonly version: string };
  readonly document: ClvDocument;
  /** On customers and days later than an earlier training; null where history is too short. */
  readonly evaluation: ClvEvaluation | null;
  readonly measured: { readonly from: string; readonly days: number } | null;
  readonly slices: readonly ClvSlice[];
  readonly gates: readonly Gate[];
  /** Gates that keep the version from being a candidate. */
  readonly blocking: readonly Gate[];
}

/**
 * Trains a model of customers' values and lays out its version.
 * @throws NotEnoughData when nobody bought before `at`
 */
export async function trainClv(book: OrderBook, run: ClvRun): Promise<TrainedClv> {
  const { at, horizonDays, seed } = run;
  if (!(book.from < at))
    throw new NotEnoughData(
      `nobody bought before ${day(at)}: the orders begin on ${day(book.from)}`,
    );
  const { champion: chosen, compared } = await chooseClvChampion(book, at, horizonDays, seed);
  const training = await trainClvCandidates(book, at, horizonDays, seed);
  const { values, buys } = openClvPopulation(training.population)(training.snapshot);
  const champion = values.has(chosen) ? chosen : WITHOUT_TREES;
  const evidence = compared && evidenceOf(compared, champion);
  const intervals = clvIntervals(evidence);
  const document = documentOf({
    training,
    champion,
    intervals,
    cutPoints: clvCutPoints(values.get(champion) as Float64Array, run.before?.cutPoints ?? null),
  });
  const evaluation = compared && evaluated(compared, champion, seed);
  const slices =
    compared && evidence
      ? clvSlices(compared.training.snapshot.customers, evidence.predicted, evidence.actual)
      : [];
  const measured = compared && {
    from: day(compared.training.population.at),
    days: compared.days,
  };
  const gates = clvGates(champion, evaluation, intervals, slices);
  const report = clvReport({
    ...{ name: CLV_MODEL, champion, evaluation, compared, measured, gates, slices, seed },
  });
  const facts: Manifest['training'] = {
    from: day(book.from),
    to: day(at),
    rows: training.rows,
    sessions: 0,
    customers: training.snapshot.customers.length,
    data_digests: [...run.dataDigests],
    code_version: run.codeVersion,
    parameters: {
      seed,
      champion,
      horizon_days: horizonDays,
      label_days: document.label_days,
      cutoffs: training.cutoffs.length,
      value_cap: document.value_cap,
      ...(run.ordersFrom !== undefined && { orders: run.ordersFrom }),
      ...(document.activity && { activity: true }),
      ...(run.sampledFrom !== undefined && { sampled_from: run.sampledFrom }),
    },
  };
  const folder = composeModel(run.runDate, {
    manifest: {
      name: CLV_MODEL,
      features: CLV_FEATURES.map((name) => ({
        name,
        definition: clvFeatureDigest(name),
        type: 'number',
      })),
      calibration: { kind: 'none' },
      prior: shareOfBuyers(training, buys),
      training: facts,
      metrics: metricsOf(evaluation, champion),
      gates: [...gates],
      lineage: {
        from: null,
        to: new Date(at).toISOString(),
        champion: run.before?.version ?? null,
      },
      baseline: Object.fromEntries(
        CLV_FEATURES.map((name, column) => [
          name,
          featureBaseline(Float64Array.from(training.snapshot.columns[column] ?? [])),
        ]),
      ),
    },
    artifact: { kind: 'clv', model: Buffer.from(`${JSON.stringify(document)}\n`) },
    card: clvCard({ document, training: facts, evaluation, measured, gates, slices }),
    measurements: {
      evaluation: Buffer.from(`${JSON.stringify(report)}\n`),
      page: Buffer.from(clvEvaluationPage(report, `${CLV_MODEL}: ${champion}`)),
    },
  });
  return {
    folder,
    document,
    evaluation,
    measured,
    slices,
    gates,
    blocking: blockingGates(gates),
  };
}

function evidenceOf({ values, actual }: ClvComparison, champion: ClvCandidate) {
  return { predicted: values.get(champion) as Float64Array, actual };
}

/** The champion first, then both baselines and the other candidates. */
function evaluated(
  { values, actual, evaluation }: ClvComparison,
  champion: ClvCandidate,
  seed: number,
): ClvEvaluation {
  return champion === INCUMBENT ? evaluation : evaluateMethods(values, champion, actual, seed);
}

function documentOf({
  training,
  champion,
  intervals,
  cutPoints,
}: {
  readonly training: ClvTraining;
  readonly champion: ClvCandidate;
  readonly intervals: ClvIntervals;
  readonly cutPoints: ClvCutPoints;
}): ClvDocument {
  const { population, fit, cap } = training;
  const { purchases, spend } = fit;
  const { trees, span } = population;
  return {
    kind: 'clv',
    champion,
    horizon_days: span.horizonDays,
    label_days: span.labelDays,
    as_of: population.at,
    data_from: span.from,
    bg_nbd: {
      ...purchases.model,
      diagnosis: [...purchases.diagnosis],
      fallback: purchases.fallback,
    },
    gamma_gamma: { ...spend.model, diagnosis: [...spend.diagnosis], fallback: spend.fallback },
    season: population.season,
    ...(training.snapshot.customers.some(({ customer }) => customer.activity) && {
      activity: true as const,
    }),
    value_cap: cap,
    trees: trees && {
      features: [...CLV_FEATURES],
      mean: trees.mean,
      least: trees.least,
      smearing: trees.smearing,
      buy: forestDocument(trees.buy),
      amount: forestDocument(trees.amount),
      tweedie: forestDocument(trees.tweedie),
      correction: forestDocument(trees.correction),
      levels: {
        two_stage: trees.levels.twoStage,
        tweedie: trees.levels.tweedie,
        correction: trees.levels.correction,
      },
    },
    cut_points: cutPoints,
    intervals,
  };
}

function forestDocument(forest: Forest): Record<string, unknown> {
  return JSON.parse(writeXgboostJson(forest));
}

function shareOfBuyers({ snapshot }: ClvTraining, buys: Float64Array | null): number {
  const shares =
    buys ?? Float64Array.from(snapshot.short, ({ purchases }) => 1 - Math.exp(-purchases));
  return Math.min(1, shares.reduce((sum, share) => sum + share, 0) / shares.length);
}

function metricsOf(
  evaluation: ClvEvaluation | null,
  champion: ClvCandidate,
): Record<string, MetricInterval> {
  if (evaluation === null) return {};
  const differences = [...evaluation.differences].flatMap(([other, metrics]) =>
    Object.entries(metrics).map(([metric, value]) => [`${metric}_minus_${other}`, value] as const),
  );
  return Object.fromEntries([
    ...Object.entries(evaluation.models.get(champion) ?? {}),
    ...differences,
  ]);
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
