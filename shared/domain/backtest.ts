import { definitionDigests } from '../features/catalogue.ts';
import { rocAuc } from '../math/roc-auc.ts';
import type { Evaluation } from './evaluation.ts';
import { hasCartRule } from './has-cart-rule.ts';
import { predict } from './predict.ts';
import type { PrefixRows } from './prefix-rows.ts';
import {
  measure,
  predictByHistory,
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
  /** Of the measured rows, where the truth of simulated traffic is known. */
  readonly ofBayes: ReadonlyMap<string, ShareOfBayes> | null;
}

/** Of AUC − 0.5, what a model reaches of what the perfect observer reaches on the same rows. */
interface ShareOfBayes {
  readonly everyEventOnce: number | null;
  readonly everySessionOnce: number | null;
  /** Mean predicted over mean true probability. */
  readonly predictedOverTrue: number;
}

/**
 * Trains on the first part of the rows and predicts every row of the second, where the state of
 * visitors and users carried over.
 * @param options.predict the model whose predictions to answer
 * @param options.features indexes of the features that may be used
 * @param options.truth by source row of the test part: the purchase probability that a perfect
 *   observer would answer; null where it is not known
 * @throws NotEnoughData
 */
export async function backtestPropensity(
  rows: PrefixRows,
  run: TrainingRun,
  options: {
    readonly predict: BacktestModel;
    readonly features: readonly number[];
    readonly truth?: ((sourceRow: number) => number) | null;
    /** Also measures one model of known users and one of anonymous visitors, as `trees-by-history`. */
    readonly byHistory?: boolean;
  },
): Promise<Backtest> {
  const { models, used } = await trainOnFirstPart(rows, run, options.features);
  const tested = rowsOfPart(rows, 1);
  const measured = tested.filter((row) => rows.censored[row] === 0);
  const evaluation = measure(
    rows,
    measured,
    used,
    models,
    run.seed,
    options.byHistory
      ? new Map([
          ['trees-by-history', await predictByHistory(rows, run, options.features, measured)],
        ])
      : new Map(),
  );
  const predicting =
    models.get(options.predict as TrainedKind) ?? openModel(hasCartRule(), definitionDigests());
  return {
    tested,
    propensities: predict(predicting, rows, tested),
    evaluation,
    censored: tested.length - measured.length,
    ofBayes: options.truth ? sharesOfBayes(rows, evaluation, options.truth) : null,
  };
}

function sharesOfBayes(
  rows: PrefixRows,
  { measured }: Evaluation,
  truth: (sourceRow: number) => number,
): ReadonlyMap<string, ShareOfBayes> {
  const { chosen, labels, weights, predictions } = measured;
  const perfect = Float64Array.from(chosen, (row) => truth(rows.sourceRow[row] as number));
  const share = (scores: Float64Array, by?: Float64Array) => {
    const [reached, possible] = [rocAuc(scores, labels, by), rocAuc(perfect, labels, by)];
    return reached === null || possible === null ? null : (reached - 0.5) / (possible - 0.5);
  };
  return new Map(
    [...predictions].map(([model, scores]) => [
      model,
      {
        everyEventOnce: share(scores),
        everySessionOnce: share(scores, weights),
        predictedOverTrue: sum(scores) / sum(perfect),
      },
    ]),
  );
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
