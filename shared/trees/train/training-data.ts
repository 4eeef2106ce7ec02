import { InvalidRequest, NotEnoughData } from '../../errors.ts';

/** Rows to learn from, by column. */
export interface TrainingData {
  /** One array per feature, of one value per row; NaN is missing. Infinities are refused. */
  readonly columns: readonly Float32Array[];
  readonly labels: Float32Array;
  /** One per row, ≥ 0; 1 each without. */
  readonly weights?: Float32Array;
  readonly featureNames: readonly string[];
  /** Columns that hold category numbers, whole and from 0. */
  readonly categorical?: readonly boolean[];
}

/** Above it a float32 no longer holds every whole number. */
const MOST_CATEGORIES = 2 ** 24;

/**
 * @throws NotEnoughData without rows, columns or weight
 * @throws InvalidRequest for columns of unequal length, or a value that cannot be
 */
export function checkTrainingData(data: TrainingData): void {
  const { columns, labels, weights, featureNames, categorical } = data;
  const rows = labels.length;
  if (rows === 0) throw new NotEnoughData('no rows to train on');
  if (columns.length === 0) throw new NotEnoughData('no columns to train on');
  if (featureNames.length !== columns.length) {
    throw new InvalidRequest(
      `${featureNames.length} feature names for ${columns.length} columns`,
      'featureNames',
    );
  }
  if (categorical !== undefined && categorical.length !== columns.length) {
    throw new InvalidRequest(
      `${categorical.length} marks of categorical columns for ${columns.length} columns`,
      'categorical',
    );
  }
  columns.forEach((column, index) => {
    const name = featureNames[index] as string;
    if (column.length !== rows) {
      throw new InvalidRequest(`${name}: ${column.length} values for ${rows} labels`, name);
    }
    if (categorical?.[index]) checkCategories(name, column);
    else
      checkEvery(
        name,
        column,
        (value) => Number.isFinite(value) || Number.isNaN(value),
        'not finite',
      );
  });
  checkEvery('labels', labels, Number.isFinite, 'not a finite number');
  if (weights === undefined) return;
  if (weights.length !== rows) {
    throw new InvalidRequest(`${weights.length} weights for ${rows} labels`, 'weights');
  }
  checkEvery('weights', weights, (weight) => weight >= 0 && weight < Infinity, 'not ≥ 0');
  if (!weights.some((weight) => weight > 0)) throw new NotEnoughData('every weight is 0');
}

function checkCategories(name: string, column: Float32Array): void {
  checkEvery(
    name,
    column,
    (value) =>
      Number.isNaN(value) || (Number.isInteger(value) && value >= 0 && value < MOST_CATEGORIES),
    'not a category number (whole, from 0, below 2^24)',
  );
}

export function checkEvery(
  name: string,
  values: Float32Array,
  holds: (value: number) => boolean,
  complaint: string,
): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (!holds(value))
      throw new InvalidRequest(`${name}, row ${row}: ${value} is ${complaint}`, name);
  }
}
