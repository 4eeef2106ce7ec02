import { InvalidRequest, MalformedPrediction, PredictionsDiffer } from '../../errors.ts';
import { compileForest } from '../../trees/evaluate.ts';
import type { Forest } from '../../trees/forest.ts';
import { inverseLink } from '../../trees/objective.ts';

/**
 * Float32 exponentials of different libraries are a few units in the last place apart; a wrong split
 * or a shifted column is further off than this, relative to the prediction.
 */
const TOLERANCE = 2e-6;

export interface Parity {
  readonly rows: number;
  /** The greatest difference, relative to the prediction. */
  readonly difference: number;
}

/**
 * Checks that a converted forest predicts what the container does, before anything else is done
 * with it.
 * @param columns of the rows that the container was given, in its order; NaN is missing
 * @param predictions its answers, one a row: probabilities, means or values by objective
 * @throws PredictionsDiffer naming the row that differs most
 * @throws MalformedPrediction where there is not one finite prediction a row
 * @throws InvalidRequest without rows
 */
export function requireParity(
  forest: Forest,
  columns: readonly Float32Array[],
  predictions: ArrayLike<number>,
): Parity {
  const rows = columns[0]?.length ?? 0;
  if (rows === 0)
    throw new InvalidRequest('parity needs rows: none were given to compare', 'columns');
  if (columns.length !== forest.featureCount)
    throw new InvalidRequest(
      `the rows have ${columns.length} columns, the model ${forest.featureCount}`,
      'columns',
    );
  if (predictions.length !== rows)
    throw new MalformedPrediction(
      `the container answered ${predictions.length} predictions to ${rows} rows`,
    );
  const ours = predictionsOf(forest, columns);
  let worst = { row: -1, difference: 0 };
  for (let row = 0; row < rows; row++) {
    const theirs = predictions[row] as number;
    if (!Number.isFinite(theirs))
      throw new MalformedPrediction(`row ${row}: the container answered ${theirs}`);
    const difference = Math.abs(theirs - (ours[row] as number)) / Math.max(1e-6, Math.abs(theirs));
    if (difference > worst.difference) worst = { row, difference };
  }
  if (worst.difference > TOLERANCE)
    throw new PredictionsDiffer(
      `row ${worst.row}: the container predicts ${predictions[worst.row]}, the converted model ${ours[worst.row]}. Are the columns in the order of the training channel? Else the file was not read as its XGBoost means it: keep it and report it`,
    );
  return { rows, difference: worst.difference };
}

/** Predictions of rows as the container computes them: float32 margins through the link. */
export function predictionsOf(forest: Forest, columns: readonly Float32Array[]): Float32Array {
  const margins = marginsOf(forest, columns);
  const link = inverseLink(forest.objective);
  return margins.map((margin) => Math.fround(link(margin)));
}

/** Margins of rows given by column, to the bit as XGBoost computes them. */
export function marginsOf(forest: Forest, columns: readonly Float32Array[]): Float32Array {
  const rows = columns[0]?.length ?? 0;
  const { margins } = compileForest(forest, { accumulate: 'float32' });
  const values = new Float32Array(rows * columns.length);
  columns.forEach((column, at) => {
    for (let row = 0; row < rows; row++) values[row * columns.length + at] = column[row] as number;
  });
  const out = new Float32Array(rows);
  margins(values, rows, out);
  return out;
}
