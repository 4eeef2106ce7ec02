import { definitionDigests } from '../features/catalogue.ts';
import type { Manifest } from '../schemas/model.ts';
import { type Evaluation, evaluate } from './evaluation.ts';
import { featureBaseline } from './feature-baseline.ts';
import { hasCartRule } from './has-cart-rule.ts';
import { trainLogistic } from './logistic-training.ts';
import { modelCard } from './model-card.ts';
import { composeModel, type ModelFolder } from './model-folder.ts';
import { predict } from './predict.ts';
import type { PrefixRows } from './prefix-rows.ts';
import { openModel, type ScoringModel } from './registered-model.ts';
import { timeSlices } from './time-slices.ts';
import type { TrainedModel, TrainingRows } from './trained-model.ts';
import { trainTrees } from './tree-training.ts';

/** What a run is besides its rows. */
export interface TrainingRun {
  /** `YYYY-MM-DD`. */
  readonly runDate: string;
  /** Of the trees' sampling and of the bootstrap. */
  readonly seed: number;
  /** Hex SHA-256 of the events. */
  readonly dataDigests: readonly string[];
  readonly codeVersion: string;
  readonly timeZone: string;
}

export const TRAINED_KINDS = ['logistic', 'trees'] as const;
export type TrainedKind = (typeof TRAINED_KINDS)[number];

export interface TrainedPropensity {
  readonly folder: ModelFolder & { readonly version: string };
  readonly evaluation: Evaluation;
}

const NAME = 'propensity';
const BASELINE = 'has-cart';

/**
 * Trains the propensity models on the rows' last part and measures them, beside the has-cart rule,
 * on later sessions: the earliest 60 % are fitted, the next 20 % calibrate, the last 20 % evaluate.
 * @param kind the model to answer; the other one is its baseline
 * @throws NotEnoughData
 */
export async function trainPropensity(
  rows: PrefixRows,
  run: TrainingRun,
  kind: TrainedKind,
): Promise<TrainedPropensity> {
  const { fit, calibrate, later } = timeSlices(rows, rowsOfPart(rows, rows.settleMs.length - 1), {
    fit: 0.6,
    calibrate: 0.2,
    later: 0.2,
  });
  const features = [...rows.features.keys()];
  const trained = await trainKinds(rows, { fit, calibrate, features }, run.seed);
  const used = usedRows({ fit, calibrate });
  const models = new Map(
    TRAINED_KINDS.map((each) => [each, openTrained(rows, used, trained[each], run)]),
  );
  const evaluation = measure(rows, later, used, models, run.seed);
  return { folder: compose(rows, used, trained[kind], run, evaluation), evaluation };
}

/**
 * Trains on the first part of the rows, all of it but the open sessions: the earliest 80 % are
 * fitted, the rest calibrate.
 * @param features indexes of the features that may be used
 * @throws NotEnoughData
 */
export async function trainOnFirstPart(
  rows: PrefixRows,
  run: TrainingRun,
  features: readonly number[],
): Promise<{
  readonly models: ReadonlyMap<TrainedKind, ScoringModel>;
  readonly used: Uint32Array;
}> {
  const slices = timeSlices(rows, rowsOfPart(rows, 0), { fit: 0.8, calibrate: 0.2 });
  const trained = await trainKinds(rows, { ...slices, features }, run.seed);
  const used = usedRows(slices);
  return {
    models: new Map(
      TRAINED_KINDS.map((kind) => [kind, openTrained(rows, used, trained[kind], run)]),
    ),
    used,
  };
}

async function trainKinds(
  rows: PrefixRows,
  training: TrainingRows,
  seed: number,
): Promise<Readonly<Record<TrainedKind, TrainedModel>>> {
  return {
    logistic: trainLogistic(rows, training),
    trees: await trainTrees(rows, training, seed),
  };
}

export function rowsOfPart(rows: PrefixRows, part: number): Uint32Array {
  return Uint32Array.from(rows.part.keys()).filter((row) => rows.part[row] === part);
}

function usedRows({ fit, calibrate }: Pick<TrainingRows, 'fit' | 'calibrate'>): Uint32Array {
  return Uint32Array.from([...fit, ...calibrate]).sort();
}

/** The has-cart rule and the models, side by side on the same rows. */
export function measure(
  rows: PrefixRows,
  chosen: Uint32Array,
  trainedOn: Uint32Array,
  models: ReadonlyMap<TrainedKind, ScoringModel>,
  seed: number,
): Evaluation {
  const rule = openModel(hasCartRule(), definitionDigests());
  const predictions = new Map<string, Float64Array>([[BASELINE, predict(rule, rows, chosen)]]);
  for (const [kind, model] of models) predictions.set(kind, predict(model, rows, chosen));
  return evaluate(rows, chosen, predictions, {
    seed,
    seenUnits: new Set(Array.from(trainedOn, (row) => rows.unit[row] as number)),
  });
}

/** As the scorer would open it: so that what is measured is what serves. */
function openTrained(
  rows: PrefixRows,
  used: Uint32Array,
  trained: TrainedModel,
  run: TrainingRun,
): ScoringModel {
  return openModel(compose(rows, used, trained, run, null), definitionDigests());
}

function compose(
  rows: PrefixRows,
  used: Uint32Array,
  trained: TrainedModel,
  run: TrainingRun,
  evaluation: Evaluation | null,
): ModelFolder & { readonly version: string } {
  const times = Array.from(used, (row) => rows.time[row] as number);
  const training: Manifest['training'] = {
    from: isoTime(times.reduce((a, b) => Math.min(a, b))),
    to: isoTime(times.reduce((a, b) => Math.max(a, b))),
    rows: used.length,
    sessions: new Set(Array.from(used, (row) => rows.session[row])).size,
    data_digests: [...run.dataDigests],
    code_version: run.codeVersion,
    parameters: {
      ...trained.parameters,
      seed: run.seed,
      time_zone: run.timeZone,
      settle_seconds: Math.max(...rows.settleMs) / 1000,
    },
  };
  const { kind } = trained.artifact;
  return composeModel(run.runDate, {
    manifest: {
      name: NAME,
      features: trained.inputs.map(({ feature, categories }) => {
        const { name, digest, type } = rows.features[feature] as PrefixRows['features'][number];
        const encoding = categories === undefined ? {} : { categories: [...categories] };
        return { name, definition: digest, type, ...encoding };
      }),
      calibration: trained.calibration,
      prior: trained.prior,
      training,
      metrics: { ...evaluation?.models.get(kind) },
      gates: [],
      baseline: Object.fromEntries(
        trained.inputs.flatMap(({ feature }) => {
          const { name, type } = rows.features[feature] as PrefixRows['features'][number];
          const values = () => Float64Array.from(used, (row) => rows.value(row, feature));
          return type === 'number' ? [[name, featureBaseline(values())]] : [];
        }),
      ),
    },
    artifact: trained.artifact,
    card:
      evaluation === null
        ? ''
        : modelCard({ training, trained, evaluation, settleMs: Math.max(...rows.settleMs) }),
  });
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
