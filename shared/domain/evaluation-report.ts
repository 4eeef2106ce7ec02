import { createHash } from 'node:crypto';
import { rocCurve } from '../math/roc-curve.ts';
import type { EvaluationReport } from '../schemas/evaluation-report.ts';
import type { EvaluatedRows, Evaluation } from './evaluation.ts';
import type { Gated } from './gates.ts';
import type { PrefixRows } from './prefix-rows.ts';
import type { MeanContribution } from './shap-summary.ts';
import type { LearningStep, TreeTrial } from './tree-trial.ts';

/** Metrics whose draws are kept, to compare versions pair by pair. */
const PAIRED = [
  'auc_weighted',
  'auc',
  'average_precision_weighted',
  'log_loss_weighted',
  'brier_weighted',
  'ece',
];
const CURVE_POINTS = 200;
const BINS = 10;

/** The evaluation as a document: same evaluation, same bytes. */
export function evaluationReport(facts: {
  readonly name: string;
  readonly kind: string;
  readonly seed: number;
  readonly rows: PrefixRows;
  readonly evaluation: Evaluation;
  readonly gated: Gated;
  readonly shap: readonly MeanContribution[];
  readonly learningCurve: readonly LearningStep[];
  readonly trials?: readonly TreeTrial[];
}): EvaluationReport {
  const { name, kind, seed, rows, evaluation, gated, shap, learningCurve, trials } = facts;
  const { measured, models, draws } = evaluation;
  return {
    name,
    kind,
    evaluated_on: {
      rows: evaluation.rows,
      sessions: evaluation.sessions,
      buying_sessions: evaluation.buyingSessions,
      users: evaluation.units,
      digest: rowsDigest(rows, measured),
      seed,
    },
    metrics: Object.fromEntries([...models].map(([model, metrics]) => [model, { ...metrics }])),
    draws: Object.fromEntries(
      PAIRED.map((metric) => [
        metric,
        Array.from(draws.get(kind)?.[metric] ?? [], (value) =>
          Number.isNaN(value) ? null : Number(value.toFixed(6)),
        ),
      ]),
    ),
    slices: evaluation.slices.map((slice) => ({
      name: slice.name,
      dimension: slice.dimension,
      sessions: slice.sessions,
      buying_sessions: slice.buyingSessions,
    })),
    gates: [...gated.gates],
    confident_from: gated.confidentFrom,
    roc: Object.fromEntries(
      [...measured.predictions].map(([model, scores]) => [model, rocPoints(scores, measured)]),
    ),
    calibration: calibrationBins(measured.predictions.get(kind) as Float64Array, measured),
    shap: shap.map(({ feature, mean }) => ({ feature, mean: Number(mean.toPrecision(6)) })),
    learning_curve: learningCurve.map((step) => ({ ...step })),
    ...(trials && { trials: trials.map(recordedTrial) }),
  };
}

/** A learning curve of a trial is kept at so many places, and at its end. */
const TRIAL_CURVE_POINTS = 20;

function recordedTrial({ trial, parameters, measured, loss, failure }: TreeTrial) {
  return {
    trial,
    parameters: { ...parameters },
    loss,
    failure,
    cut_offs: measured.map(({ loss: ofCutOff, trees, learningCurve }) => {
      const step = Math.ceil(learningCurve.length / TRIAL_CURVE_POINTS);
      return {
        loss: ofCutOff,
        trees,
        learning_curve: learningCurve
          .filter((_, at) => at % step === 0 || at === learningCurve.length - 1)
          .map((point) => ({ ...point })),
      };
    }),
  };
}

function rowsDigest(rows: PrefixRows, { chosen, labels, clusterOf }: EvaluatedRows): string {
  const times = Float64Array.from(chosen, (row) => rows.time[row] as number);
  const hash = createHash('sha256');
  for (const column of [times, labels, clusterOf])
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  return hash.digest('hex');
}

/** At most 200 points, evenly spread; none where a class is missing. */
function rocPoints(scores: Float64Array, { labels, weights }: EvaluatedRows): [number, number][] {
  const curve = rocCurve(scores, labels, weights) ?? [];
  const step = Math.max(1, Math.ceil(curve.length / CURVE_POINTS));
  return curve
    .filter((_, index) => index % step === 0 || index === curve.length - 1)
    .map(({ falsePositiveRate, truePositiveRate }) => [
      Number(falsePositiveRate.toFixed(5)),
      Number(truePositiveRate.toFixed(5)),
    ]);
}

function calibrationBins(
  scores: Float64Array,
  { labels }: EvaluatedRows,
): EvaluationReport['calibration'] {
  return Array.from({ length: BINS }, (_, bin) => {
    let [rows, sum, buying] = [0, 0, 0];
    for (const [row, score] of scores.entries()) {
      if (Math.min(Math.floor(score * BINS), BINS - 1) !== bin) continue;
      rows++;
      sum += score;
      buying += labels[row] as number;
    }
    return { mean_score: sum / rows, share_buying: buying / rows, rows };
  }).filter(({ rows }) => rows > 0);
}
