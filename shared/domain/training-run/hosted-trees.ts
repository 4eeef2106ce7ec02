import { PredictionsDiffer } from '../../errors.ts';
import { shrunkenPlatt } from '../../math/shrunken-platt.ts';
import { writeCompact } from '../../trees/compact-forest.ts';
import { splitImportance } from '../../trees/split-importance.ts';
import { writeXgboostJson } from '../../trees/write-xgboost-json.ts';
import { trainLogistic } from '../logistic-training.ts';
import type { PrefixRows } from '../prefix-rows.ts';
import { propensitySlices, type TrainedKinds } from '../propensity-training.ts';
import { marginsOf } from '../sagemaker/artifact-parity.ts';
import { type Hyperparameters, toHyperparameters } from '../sagemaker/hyperparameters.ts';
import { forestOfArtifact } from '../sagemaker/model-artifact.ts';
import { type ReportedMetric, requireReportedMetric } from '../sagemaker/reported-metrics.ts';
import { writeCsvChannel } from '../sagemaker/training-channel.ts';
import { labelsOf, meanOf, requireBothClasses } from '../training-columns.ts';
import type { TrainingWindow, WindowRules } from '../training-window.ts';
import { columnsOf, DEFAULT_TREES, trainerParameters, variableInputs } from '../tree-training.ts';

/** A job has as many: the container's early stopping keeps a tree other than the one it reports. */
const TREES = 200;
const METRIC = 'validation:logloss';

/** What a job of SageMaker's XGBoost is given. */
export interface HostedTraining {
  /** CSV: label, weight, columns. */
  readonly train: string;
  readonly validation: string;
  readonly hyperparameters: Hyperparameters;
}

/**
 * The rows that a job fits and validates on. Text channels have no categories: the device and the
 * channel of a visit go as their numbers.
 * @throws NotEnoughData
 */
export function hostedTraining(
  rows: PrefixRows,
  seed: number,
  rules: WindowRules | undefined,
): HostedTraining {
  const { fit, calibrate } = propensitySlices(rows, rules);
  requireBothClasses(rows, fit, 'to fit');
  requireBothClasses(rows, calibrate, 'to calibrate');
  const inputs = variableInputs(rows, fit, [...rows.features.keys()]);
  const { monotone, ...parameters } = trainerParameters(rows, inputs, DEFAULT_TREES, seed);
  return {
    train: writeCsvChannel(withoutCategories(columnsOf(rows, fit, inputs))),
    validation: writeCsvChannel(withoutCategories(columnsOf(rows, calibrate, inputs))),
    hyperparameters: toHyperparameters({ ...parameters, monotone, trees: TREES }, true),
  };
}

/**
 * What a job has left as a trained model, calibrated on the sessions that validated it; beside it
 * logistic regression, fitted here. The forest is used only where it gives the loss that the job
 * reported.
 * @param artifact `model.tar.gz`
 * @throws MalformedArtifact, PredictionsDiffer
 */
export function adoptHosted(
  rows: PrefixRows,
  rules: WindowRules | undefined,
  artifact: Uint8Array,
  reported: readonly ReportedMetric[],
): TrainedKinds {
  const window: TrainingWindow = propensitySlices(rows, rules);
  const { fit, calibrate } = window;
  const inputs = variableInputs(rows, fit, [...rows.features.keys()]);
  const featureNames = inputs.map(({ feature }) => rows.features[feature]?.name as string);
  const forest = { ...forestOfArtifact(artifact, inputs.length), featureNames };
  const later = columnsOf(rows, calibrate, inputs);
  const metric = reported.find(({ MetricName }) => MetricName === METRIC);
  if (metric === undefined)
    throw new PredictionsDiffer(
      `the job reported no ${METRIC}: nothing shows that its model was read as it predicts`,
    );
  requireReportedMetric(forest, 'validation', later, metric);
  const { a, b, share } = shrunkenPlatt(
    Float64Array.from(marginsOf(forest, later.columns)),
    labelsOf(rows, calibrate),
    calibrate.map((row) => rows.unit[row] as number),
  );
  const trees = forest.starts.length - 1;
  const gains = splitImportance(forest).toSorted((one, other) => other.gain - one.gain);
  return {
    logistic: trainLogistic(rows, { fit, calibrate, features: [...rows.features.keys()] }),
    trees: {
      artifact: {
        kind: 'trees',
        model: Buffer.from(writeXgboostJson(forest)),
        forest: writeCompact(forest),
      },
      calibration: { kind: 'platt', a, b },
      prior: meanOf(labelsOf(rows, calibrate)),
      inputs,
      parameters: { trainer: 'sagemaker-xgboost', trees, calibration_share: share },
      title: 'gradient-boosted trees of SageMaker',
      method: `${trees} trees of the built-in XGBoost container, categories as numbers; Platt's calibration, of which ${(100 * share).toFixed(0)} % is kept.`,
      learningCurve: [],
      movers: gains
        .slice(0, 10)
        .map(({ feature }) => `- \`${feature}\``)
        .join('\n'),
    },
  };
}

function withoutCategories({ categorical: _, ...data }: ReturnType<typeof columnsOf>) {
  return data;
}
