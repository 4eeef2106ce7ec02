import { definitionDigests } from '../features/catalogue.ts';
import type { Evaluation } from './evaluation.ts';
import { hasCartRule } from './has-cart-rule.ts';
import { predict } from './predict.ts';
import type { PrefixRows } from './prefix-rows.ts';
import { measure, rowsOfPart, type TrainingRun, trainOnFirstPart } from './propensity-training.ts';
import { openModel } from './registered-model.ts';

export const BACKTEST_MODELS = ['logistic', 'has-cart'] as const;
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
 * @param chosen whose predictions to answer
 * @throws NotEnoughData
 */
export function backtestPropensity(
  rows: PrefixRows,
  run: TrainingRun,
  chosen: BacktestModel,
): Backtest {
  const { model, used } = trainOnFirstPart(rows, run);
  const tested = rowsOfPart(rows, 1);
  const measured = tested.filter((row) => rows.censored[row] === 0);
  const predicting = chosen === 'logistic' ? model : openModel(hasCartRule(), definitionDigests());
  return {
    tested,
    propensities: predict(predicting, rows, tested),
    evaluation: measure(rows, measured, used, model, run.seed),
    censored: tested.length - measured.length,
  };
}
