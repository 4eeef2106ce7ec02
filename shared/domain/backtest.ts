import { definitionDigests } from '../features/catalogue.ts';
import type { Evaluation } from './evaluation.ts';
import { hasCartRule } from './has-cart-rule.ts';
import { predict } from './predict.ts';
import type { PrefixRows } from './prefix-rows.ts';
import {
  measure,
  rowsOfPart,
  TRAINED_KINDS,
  type TrainedKind,
  type TrainingRun,
  trainOnFirstPart,
} from './propensity-training.ts';
import { openModel } from './registered-model.ts';

export const BACKTEST_MODELS = ['has-cart', ...TRAINED_KINDS] as const;
export type BacktestModel = (typeof BACKTEST_MODELS)[number];

export interface Backtest {
  /** Rows of the test part, in the order replayed, each with its probability. */
  readonly tested: Uint32Array;
  readonly propensities: Float64Array;
  /** Of all models, on the test rows that are not censored. */
  readonly evaluation: Evaluation;
  /** Test rows left out of the evaluation. */
  readonly censored: number;
}

/**
 * Trains on the first part of the rows and predicts every row of the second, where the state of
 * visitors and users carried over.
 * @param options.predict the model whose predictions to answer
 * @param options.features indexes of the features that may be used
 * @throws NotEnoughData
 */
export async function backtestPropensity(
  rows: PrefixRows,
  run: TrainingRun,
  options: { readonly predict: BacktestModel; readonly features: readonly number[] },
): Promise<Backtest> {
  const { models, used } = await trainOnFirstPart(rows, run, options.features);
  const tested = rowsOfPart(rows, 1);
  const measured = tested.filter((row) => rows.censored[row] === 0);
  const predicting =
    models.get(options.predict as TrainedKind) ?? openModel(hasCartRule(), definitionDigests());
  return {
    tested,
    propensities: predict(predicting, rows, tested),
    evaluation: measure(rows, measured, used, models, run.seed),
    censored: tested.length - measured.length,
  };
}
