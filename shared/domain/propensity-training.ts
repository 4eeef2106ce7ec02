import { definitionDigests } from '../features/catalogue.ts';
import type { Gate, Lineage, Manifest } from '../schemas/model.ts';
import { type BatchFeatureChoice, chooseBatchFeatures } from './batch-feature-choice.ts';
import type { Champion } from './champion.ts';
import { type Evaluation, evaluate } from './evaluation.ts';
import { evaluationPage } from './evaluation-page.ts';
import { evaluationReport } from './evaluation-report.ts';
import { featureBaseline } from './feature-baseline.ts';
import { blockingGates, CHAMPION, type Gated, HAS_CART, runGates } from './gates.ts';
import { hasCartRule } from './has-cart-rule.ts';
import { trainLogistic } from './logistic-training.ts';
import { modelCard } from './model-card.ts';
import {
  composeModel,
  evaluatedFile,
  type Measurements,
  type ModelFolder,
} from './model-folder.ts';
import { predict } from './predict.ts';
import type { PrefixRows } from './prefix-rows.ts';
import { openModel, type ScoringModel } from './registered-model.ts';
import type { ServedState } from './serving-sample.ts';
import { type MeanContribution, shapSummary } from './shap-summary.ts';
import type { SearchBudget } from './successive-halving.ts';
import { timeSlices } from './time-slices.ts';
import type { TrainedModel, TrainingRows } from './trained-model.ts';
import { requireBothClasses } from './training-columns.ts';
import {
  DEFAULT_WINDOW,
  type TrainingWindow,
  trainingWindow,
  type WindowRules,
} from './training-window.ts';
import { searchTrees } from './tree-search.ts';
import { DEFAULT_TREES, trainTrees } from './tree-training.ts';
import type { TreeTrial } from './tree-trial.ts';

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
  /** The last four weeks where it is absent. */
  readonly window?: WindowRules | undefined;
  /** How its rows were made, for whoever makes them again. */
  readonly replay?: Manifest['training']['replay'];
}

/** How the fits go about it, beside the seed. */
export interface FittingRules {
  /** The last four weeks where it is absent. */
  readonly window?: WindowRules | undefined;
  /** Parameters are searched within it; the default ones are taken where it is absent. */
  readonly search?: SearchBudget | undefined;
  readonly onTrial?: ((trial: TreeTrial) => void) | undefined;
}

/** What the gates need besides the rows. */
export interface GateContext {
  /** Null: none was promoted, the has-cart rule serves. */
  readonly champion: Champion | null;
  /** A sample of what the online store would have held. */
  readonly states: readonly ServedState[];
  /** Of the events' `received_at`. */
  readonly range: Pick<Lineage, 'from' | 'to'>;
  /** Milliseconds, from any origin. */
  readonly stopwatch: () => number;
}

export const TRAINED_KINDS = ['logistic', 'trees'] as const;
export type TrainedKind = (typeof TRAINED_KINDS)[number];

export interface TrainedPropensity {
  readonly folder: ModelFolder & { readonly version: string };
  readonly evaluation: Evaluation;
  readonly gated: Gated;
  /** The gates that keep it from being a candidate; none where all is well. */
  readonly blocking: readonly Gate[];
}

const NAME = 'propensity';
const FIRST_PART = { fit: 0.8, calibrate: 0.2 } as const;

/** The models of a training, each kind beside the other. */
export type TrainedKinds = Readonly<Record<TrainedKind, TrainedModel>>;

/**
 * Trains the propensity models on the rows' last part and measures them, beside the has-cart rule
 * and the champion, on later sessions. Then runs the gates.
 * @param kind the model to answer; the other one is its baseline
 * @throws NotEnoughData, EveryTrialFailed
 */
export async function trainPropensity(
  rows: PrefixRows,
  run: TrainingRun,
  kind: TrainedKind,
  context: GateContext,
  rules: Omit<FittingRules, 'window'> = {},
): Promise<TrainedPropensity> {
  const trained = await fitPropensity(rows, run.seed, { ...rules, window: run.window });
  return judgePropensity(rows, run, kind, trained, context);
}

/**
 * The fits alone, on the first slices of `propensitySlices`. Features of snapshots are used where
 * they measure better on the calibration sessions.
 * @throws NotEnoughData, EveryTrialFailed
 */
export async function fitPropensity(
  rows: PrefixRows,
  seed: number,
  rules: FittingRules = {},
): Promise<TrainedKinds> {
  const { fit, calibrate } = propensitySlices(rows, rules.window);
  requireBothClasses(rows, fit, 'to fit');
  requireBothClasses(rows, calibrate, 'to calibrate');
  const every = { fit, calibrate, features: [...rows.features.keys()] };
  const choice = await chooseBatchFeatures(rows, every, seed, DEFAULT_TREES);
  const { logistic, trees } = await trainKinds(
    rows,
    { ...every, features: choice.features },
    seed,
    rules,
  );
  const noted = choiceNoted(choice);
  return { logistic: withParameters(logistic, noted), trees: withParameters(trees, noted) };
}

/** Of the rows' last part. The last slice evaluates: nothing of it is fitted or calibrated on. */
export function propensitySlices(
  rows: PrefixRows,
  window: WindowRules = DEFAULT_WINDOW,
): TrainingWindow {
  return trainingWindow(rows, rowsOfPart(rows, rows.settleMs.length - 1), window);
}

/** Measures what `fitPropensity` made of the same rows, and runs the gates. */
export function judgePropensity(
  rows: PrefixRows,
  run: TrainingRun,
  kind: TrainedKind,
  fitted: TrainedKinds,
  context: GateContext,
): TrainedPropensity {
  const { fit, calibrate, later, recorded } = propensitySlices(rows, run.window);
  const trained = {
    logistic: withParameters(fitted.logistic, recorded),
    trees: withParameters(fitted.trees, recorded),
  };
  const used = usedRows({ fit, calibrate });
  const models = new Map<string, ScoringModel>(
    TRAINED_KINDS.map((each) => [each, openTrained(rows, used, trained[each], run)]),
  );
  const champion = comparable(context.champion, rows);
  const evaluation = measure(
    rows,
    later,
    used,
    champion?.model ? new Map([[CHAMPION, champion.model], ...models]) : models,
    run.seed,
  );
  const model = models.get(kind) as ScoringModel;
  const { artifact } = trained[kind];
  const gated = runGates({
    evaluation,
    candidate: kind,
    simpler: kind === 'trees' ? 'logistic' : null,
    champion,
    model,
    bytes: artifact[evaluatedFile(artifact)]?.length as number,
    rows,
    states: context.states,
    timeZone: run.timeZone,
    seed: run.seed,
    stopwatch: context.stopwatch,
  });
  const lineage = { ...context.range, champion: context.champion?.version ?? null };
  const shap = shapSummary(model, rows, later);
  return {
    folder: compose(rows, used, trained[kind], run, { evaluation, gated, lineage, shap }),
    evaluation,
    gated,
    blocking: blockingGates(gated.gates),
  };
}

/** A champion that needs a feature that the rows lack cannot be measured on them. */
function comparable(champion: Champion | null, rows: PrefixRows): Champion | null {
  if (champion?.model === undefined) return champion;
  const names = new Set(rows.features.map(({ name }) => name));
  const lacking = champion.model.features.filter((name) => !names.has(name));
  if (lacking.length === 0) return champion;
  const problem = `the rows were made without ${lacking.join(', ')}`;
  return { version: champion.version, problem };
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
  const slices = timeSlices(rows, rowsOfPart(rows, 0), FIRST_PART);
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
  { search, onTrial }: FittingRules = {},
): Promise<TrainedKinds> {
  const logistic = trainLogistic(rows, training);
  if (search === undefined) return { logistic, trees: await trainTrees(rows, training, seed) };
  const { best, trials } = await searchTrees(rows, usedRows(training), training.features, {
    seed,
    budget: search,
    ...(onTrial && { onTrial }),
  });
  const trees = await trainTrees(rows, training, seed, best.parameters);
  return {
    logistic,
    trees: { ...withParameters(trees, { tuning_trials: trials.length }), trials },
  };
}

function withParameters(trained: TrainedModel, more: TrainedModel['parameters']): TrainedModel {
  return { ...trained, parameters: { ...trained.parameters, ...more } };
}

function choiceNoted({ compared }: BatchFeatureChoice): TrainedModel['parameters'] {
  if (compared === null) return {};
  return {
    batch_features: compared.used,
    calibration_loss_with_batch_features: compared.lossWith,
    calibration_loss_without_batch_features: compared.lossWithout,
  };
}

export function rowsOfPart(rows: PrefixRows, part: number): Uint32Array {
  return Uint32Array.from(rows.part.keys()).filter((row) => rows.part[row] === part);
}

function usedRows({ fit, calibrate }: Pick<TrainingRows, 'fit' | 'calibrate'>): Uint32Array {
  return Uint32Array.from([...fit, ...calibrate]).sort();
}

/**
 * Two models in place of one whose history may be missing: trees of known users, and trees of
 * anonymous visitors, each trained as `trainOnFirstPart` on its own rows alone.
 * @returns probabilities of the chosen rows
 * @throws NotEnoughData where one of the two has too few sessions
 */
export async function predictByHistory(
  rows: PrefixRows,
  run: TrainingRun,
  features: readonly number[],
  chosen: Uint32Array,
): Promise<Float64Array> {
  const probabilities = new Float64Array(chosen.length);
  for (const known of [0, 1]) {
    const own = rowsOfPart(rows, 0).filter((row) => rows.known[row] === known);
    const slices = timeSlices(rows, own, FIRST_PART);
    const trained = await trainTrees(rows, { ...slices, features }, run.seed);
    const model = openTrained(rows, usedRows(slices), trained, run);
    for (const [at, row] of chosen.entries())
      if (rows.known[row] === known) probabilities[at] = predict(model, rows, [row])[0] as number;
  }
  return probabilities;
}

/** The has-cart rule and the models, side by side on the same rows. */
export function measure(
  rows: PrefixRows,
  chosen: Uint32Array,
  trainedOn: Uint32Array,
  models: ReadonlyMap<string, ScoringModel>,
  seed: number,
  others: ReadonlyMap<string, Float64Array> = new Map(),
): Evaluation {
  const rule = openModel(hasCartRule(), definitionDigests());
  const predictions = new Map<string, Float64Array>([[HAS_CART, predict(rule, rows, chosen)]]);
  for (const [kind, model] of models) predictions.set(kind, predict(model, rows, chosen));
  for (const [name, scores] of others) predictions.set(name, scores);
  return evaluate(rows, chosen, predictions, {
    seed,
    seenUnits: new Set(Array.from(trainedOn, (row) => rows.unit[row] as number)),
  });
}

/** What is known of a model once it has been measured. */
interface Measured {
  readonly evaluation: Evaluation;
  readonly gated: Gated;
  readonly lineage: Lineage;
  readonly shap: readonly MeanContribution[];
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
  measured: Measured | null,
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
    ...(run.replay && { replay: run.replay }),
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
      metrics: { ...measured?.evaluation.models.get(kind) },
      gates: [...(measured?.gated.gates ?? [])],
      ...(measured && { confident_from: measured.gated.confidentFrom, lineage: measured.lineage }),
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
      measured === null
        ? ''
        : modelCard({ training, trained, ...measured, settleMs: Math.max(...rows.settleMs) }),
    ...(measured && { measurements: measurementsOf(rows, trained, run, measured) }),
  });
}

function measurementsOf(
  rows: PrefixRows,
  { artifact: { kind }, title, learningCurve, trials }: TrainedModel,
  { seed }: TrainingRun,
  { evaluation, gated, shap }: Measured,
): Measurements {
  const report = evaluationReport({
    name: NAME,
    kind,
    seed,
    rows,
    evaluation,
    gated,
    shap,
    learningCurve,
    ...(trials && { trials }),
  });
  return {
    evaluation: Buffer.from(`${JSON.stringify(report)}\n`),
    page: Buffer.from(evaluationPage(report, `${NAME}: ${title}`)),
  };
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
