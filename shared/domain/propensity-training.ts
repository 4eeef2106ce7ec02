import { definitionDigests } from '../features/catalogue.ts';
import type { Manifest } from '../schemas/model.ts';
import { type Evaluation, evaluate } from './evaluation.ts';
import { featureBaseline } from './feature-baseline.ts';
import { hasCartRule } from './has-cart-rule.ts';
import { L2, SEGMENTS, type TrainedLogistic, trainLogistic } from './logistic-training.ts';
import { modelCard } from './model-card.ts';
import { composeModel, type ModelFolder } from './model-folder.ts';
import { featureIndex, predict } from './predict.ts';
import type { PrefixRows } from './prefix-rows.ts';
import { openModel, type ScoringModel } from './registered-model.ts';
import { timeSlices } from './time-slices.ts';

/** What a run is besides its rows. */
export interface TrainingRun {
  /** `YYYY-MM-DD`. */
  readonly runDate: string;
  /** Of the bootstrap; the fit has no randomness. */
  readonly seed: number;
  /** Hex SHA-256 of the events. */
  readonly dataDigests: readonly string[];
  readonly codeVersion: string;
  readonly timeZone: string;
}

export interface TrainedPropensity {
  readonly folder: ModelFolder & { readonly version: string };
  readonly evaluation: Evaluation;
}

const NAME = 'propensity';
const BASELINE = 'has-cart';
const LOGISTIC = 'logistic';

/**
 * Trains the logistic propensity model on the rows' last part and measures it against the has-cart
 * rule on later sessions: the earliest 60 % are fitted, the next 20 % calibrate, the last 20 %
 * evaluate.
 * @throws NotEnoughData
 */
export function trainPropensity(rows: PrefixRows, run: TrainingRun): TrainedPropensity {
  const { fit, calibrate, later } = timeSlices(rows, rowsOfPart(rows, rows.settleMs.length - 1), {
    fit: 0.6,
    calibrate: 0.2,
    later: 0.2,
  });
  const trained = trainLogistic(rows, fit, calibrate);
  const used = Uint32Array.from([...fit, ...calibrate]).sort();
  const draft = openTrained(rows, used, trained, run);
  const evaluation = measure(rows, later, used, draft, run.seed);
  return { folder: compose(rows, used, trained, run, evaluation), evaluation };
}

/**
 * Trains on the first part of the rows, all of it but the open sessions: the earliest 80 % are
 * fitted, the rest calibrate.
 * @throws NotEnoughData
 */
export function trainOnFirstPart(
  rows: PrefixRows,
  run: TrainingRun,
): { readonly model: ScoringModel; readonly used: Uint32Array } {
  const { fit, calibrate } = timeSlices(rows, rowsOfPart(rows, 0), { fit: 0.8, calibrate: 0.2 });
  const trained = trainLogistic(rows, fit, calibrate);
  const used = Uint32Array.from([...fit, ...calibrate]).sort();
  return { model: openTrained(rows, used, trained, run), used };
}

export function rowsOfPart(rows: PrefixRows, part: number): Uint32Array {
  return Uint32Array.from(rows.part.keys()).filter((row) => rows.part[row] === part);
}

/** The has-cart rule and a model, side by side on the same rows. */
export function measure(
  rows: PrefixRows,
  chosen: Uint32Array,
  trainedOn: Uint32Array,
  model: ScoringModel,
  seed: number,
): Evaluation {
  const rule = openModel(hasCartRule(), definitionDigests());
  return evaluate(
    rows,
    chosen,
    new Map([
      [BASELINE, predict(rule, rows, chosen)],
      [LOGISTIC, predict(model, rows, chosen)],
    ]),
    {
      seed,
      seenUnits: new Set(Array.from(trainedOn, (row) => rows.unit[row] as number)),
      cartFeature: featureIndex(rows, 'cart_product_count'),
    },
  );
}

/** As the scorer would open it: so that what is measured is what serves. */
function openTrained(
  rows: PrefixRows,
  used: Uint32Array,
  trained: TrainedLogistic,
  run: TrainingRun,
): ScoringModel {
  return openModel(compose(rows, used, trained, run, null), definitionDigests());
}

function compose(
  rows: PrefixRows,
  used: Uint32Array,
  trained: TrainedLogistic,
  run: TrainingRun,
  evaluation: Evaluation | null,
): ModelFolder & { readonly version: string } {
  const features = trained.features.map(
    (index) => rows.features[index] as PrefixRows['features'][number],
  );
  const times = Array.from(used, (row) => rows.time[row] as number);
  const training: Manifest['training'] = {
    from: isoTime(times.reduce((a, b) => Math.min(a, b))),
    to: isoTime(times.reduce((a, b) => Math.max(a, b))),
    rows: used.length,
    sessions: new Set(Array.from(used, (row) => rows.session[row])).size,
    data_digests: [...run.dataDigests],
    code_version: run.codeVersion,
    parameters: {
      l2: L2,
      segments: SEGMENTS,
      seed: run.seed,
      time_zone: run.timeZone,
      settle_seconds: Math.max(...rows.settleMs) / 1000,
    },
  };
  return composeModel(run.runDate, {
    manifest: {
      name: NAME,
      features: features.map(({ name, digest, type }) => ({ name, definition: digest, type })),
      calibration: trained.calibration,
      prior: trained.prior,
      training,
      metrics: { ...evaluation?.models.get(LOGISTIC) },
      gates: [],
      baseline: Object.fromEntries(
        trained.features.flatMap((index) => {
          const { name, type } = rows.features[index] as PrefixRows['features'][number];
          const values = () => Float64Array.from(used, (row) => rows.value(row, index));
          return type === 'number' ? [[name, featureBaseline(values())]] : [];
        }),
      ),
    },
    model: trained.model,
    card:
      evaluation === null
        ? ''
        : modelCard({
            training,
            model: trained.model,
            evaluation,
            prior: trained.prior,
            settleMs: Math.max(...rows.settleMs),
          }),
  });
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
