import { logLoss } from '../math/log-loss.ts';
import { sigmoid } from '../math/sigmoid.ts';
import type { PrefixRows } from './prefix-rows.ts';
import type { TrainingRows } from './trained-model.ts';
import { growUntilWorse, variableInputs } from './tree-training.ts';
import type { TreeParameters } from './tree-trial.ts';

export interface BatchFeatureChoice {
  /** Indexes of the features to use. */
  readonly features: readonly number[];
  /** Null where the rows have no batch feature that varies: nothing was compared. */
  readonly compared: {
    readonly used: boolean;
    /** Log loss of the calibration sessions, every session counting once. */
    readonly lossWith: number;
    readonly lossWithout: number;
  } | null;
}

/**
 * Whether features that snapshots tell are worth having: trees are fitted with and without them, and
 * they stay where the loss of the calibration sessions is lower by more than the standard error of
 * the difference, users being drawn.
 * @throws NotEnoughData
 */
export async function chooseBatchFeatures(
  rows: PrefixRows,
  { fit, calibrate, features }: TrainingRows,
  seed: number,
  parameters: TreeParameters,
): Promise<BatchFeatureChoice> {
  const streamed = features.filter((feature) => rows.features[feature]?.computed_by === 'stream');
  const inputs = variableInputs(rows, fit, features);
  const isBatch = inputs.some(({ feature }) => !streamed.includes(feature));
  if (!isBatch) return { features: streamed, compared: null };
  const lossesOf = async (used: typeof inputs) => {
    const { margins } = await growUntilWorse(
      rows,
      { fit, later: calibrate, inputs: used },
      seed,
      parameters,
    );
    return margins.map(
      (margin, at) =>
        (rows.weight[calibrate[at] as number] as number) *
        (logLoss([sigmoid(margin)], [rows.label[calibrate[at] as number] as number]) as number),
    );
  };
  const losses = {
    with: await lossesOf(inputs),
    without: await lossesOf(inputs.filter(({ feature }) => streamed.includes(feature))),
  };
  const gains = new Map<number, number>();
  for (const [at, row] of calibrate.entries()) {
    const unit = rows.unit[row] as number;
    const gain = (losses.without[at] as number) - (losses.with[at] as number);
    gains.set(unit, (gains.get(unit) ?? 0) + gain);
  }
  const total = sum(gains.values());
  const mean = total / gains.size;
  const variance = sum([...gains.values()].map((gain) => (gain - mean) ** 2));
  const used = total > Math.sqrt(variance);
  const weight = sum(Array.from(calibrate, (row) => rows.weight[row] as number));
  return {
    features: used ? features : streamed,
    compared: {
      used,
      lossWith: sum(losses.with) / weight,
      lossWithout: sum(losses.without) / weight,
    },
  };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
