import { InvalidRequest, NotEnoughData } from '../../errors.ts';
import { checkTrainingData, type TrainingData } from '../../trees/train/training-data.ts';
import { decimalText } from './decimal-text.ts';

/**
 * Rows as the built-in XGBoost container takes them: no header, the label first, then the weight
 * where rows have weights (hyperparameter `csv_weights`), then the features; nothing where a value is
 * missing. Each value reads back to the same float32.
 * @throws NotEnoughData without rows, columns or weight
 * @throws InvalidRequest for a value that cannot be, categories, or an empty last column
 */
export function writeCsvChannel(data: TrainingData): string {
  refuseCategories(data);
  checkTrainingData(data);
  const { columns, labels, weights, featureNames } = data;
  const last = columns.at(-1) as Float32Array;
  if (last.every(Number.isNaN))
    throw new InvalidRequest(
      `${featureNames.at(-1)}, the last column, has no value in any row: the container would not count it as a column. Leave it out`,
      featureNames.at(-1),
    );
  return lines(labels.length, (row) => {
    const fields = [decimalText(labels[row] as number)];
    if (weights !== undefined) fields.push(decimalText(weights[row] as number));
    for (const column of columns) {
      const value = column[row] as number;
      fields.push(Number.isNaN(value) ? '' : decimalText(value));
    }
    return fields.join(',');
  });
}

/**
 * Rows in LIBSVM's sparse form, columns from 0: `label:weight index:value …`. A missing value is left
 * out, a zero is written. Smaller than CSV where most values are missing.
 * @throws NotEnoughData, InvalidRequest as `writeCsvChannel`
 */
export function writeLibsvmChannel(data: TrainingData): string {
  refuseCategories(data);
  checkTrainingData(data);
  const { columns, labels, weights, featureNames } = data;
  // The container takes the least column that it meets for 0 or 1, and the greatest for the last.
  for (const index of [0, columns.length - 1])
    if ((columns[index] as Float32Array).every(Number.isNaN))
      throw new InvalidRequest(
        `${featureNames[index]} has no value in any row: the container would count the columns wrongly. Leave it out`,
        featureNames[index],
      );
  return lines(labels.length, (row) => {
    const label = decimalText(labels[row] as number);
    const fields = [
      weights === undefined ? label : `${label}:${decimalText(weights[row] as number)}`,
    ];
    columns.forEach((column, index) => {
      const value = column[row] as number;
      if (!Number.isNaN(value)) fields.push(`${index}:${decimalText(value)}`);
    });
    return fields.join(' ');
  });
}

/**
 * Reads what `writeCsvChannel` wrote, as the container would.
 * @param files the channel's objects in order; columns are named f0, f1, … as in the container
 * @param weighted the second column holds weights
 * @throws NotEnoughData without rows
 * @throws InvalidRequest naming the row and column of what is no number
 */
export function readCsvChannel(files: readonly string[], weighted: boolean): TrainingData {
  const [labels, ...others] = readCsvColumns(files);
  const weights = weighted ? others.shift() : undefined;
  if (labels === undefined || others.length === 0)
    throw new NotEnoughData('the channel has no feature columns');
  for (const [column, values] of [labels, weights].entries()) {
    const row = values?.findIndex(Number.isNaN) ?? -1;
    if (row >= 0) throw new InvalidRequest(`row ${row}, column ${column} is empty`, 'train');
  }
  return {
    columns: others,
    labels,
    ...(weights === undefined ? {} : { weights }),
    featureNames: namesOf(others.length),
  };
}

/**
 * The columns of CSV files without a header, NaN where a field is empty or a row is too short.
 * @throws NotEnoughData without rows
 * @throws InvalidRequest naming the row and column of what is no number
 */
export function readCsvColumns(files: readonly string[]): readonly Float32Array[] {
  const rows = linesOf(files).map((line) => line.split(','));
  const count = rows.reduce((most, row) => Math.max(most, row.length), 0);
  return Array.from({ length: count }, (_, column) =>
    Float32Array.from(rows, (row, at) => numberOf(row[column] ?? '', at, column)),
  );
}

/**
 * Reads what `writeLibsvmChannel` wrote, as the container would: columns count from the least index,
 * 0 or 1.
 * @throws NotEnoughData, InvalidRequest as `readCsvChannel`
 */
export function readLibsvmChannel(files: readonly string[]): TrainingData {
  const rows = linesOf(files).map((line, at) => {
    const [head = '', ...fields] = line.trim().split(/\s+/);
    const [label = '', weight] = head.split(':');
    return {
      label: numberOf(label, at, 'label'),
      weight: weight === undefined ? null : numberOf(weight, at, 'weight'),
      values: fields.map((field) => {
        const [index = '', value = ''] = field.split(':');
        if (!/^\d+$/.test(index) || value === '') throw notLibsvm(at, field);
        return { index: Number(index), value: numberOf(value, at, index) };
      }),
    };
  });
  const indexes = rows.flatMap(({ values }) => values.map(({ index }) => index));
  if (indexes.length === 0) throw new NotEnoughData('the channel has no feature columns');
  const first = Math.min(
    1,
    indexes.reduce((least, index) => Math.min(least, index)),
  );
  const count = indexes.reduce((most, index) => Math.max(most, index)) + 1 - first;
  const columns = Array.from({ length: count }, () =>
    new Float32Array(rows.length).fill(Number.NaN),
  );
  rows.forEach(({ values }, row) => {
    for (const { index, value } of values) (columns[index - first] as Float32Array)[row] = value;
  });
  const weighted = rows.some(({ weight }) => weight !== null);
  return {
    columns,
    labels: Float32Array.from(rows, ({ label }) => label),
    ...(weighted ? { weights: Float32Array.from(rows, ({ weight }) => weight ?? 1) } : {}),
    featureNames: namesOf(count),
  };
}

function refuseCategories({ categorical, featureNames }: TrainingData): void {
  const column = categorical?.indexOf(true) ?? -1;
  if (column < 0) return;
  throw new InvalidRequest(
    `${featureNames[column]} is categorical, which text channels cannot say: give its numbers as numbers, or one column a category`,
    featureNames[column],
  );
}

function lines(rows: number, line: (row: number) => string): string {
  let text = '';
  for (let row = 0; row < rows; row++) text += `${line(row)}\n`;
  return text;
}

function linesOf(files: readonly string[]): readonly string[] {
  const lines = files.flatMap((file) => file.split(/\r?\n/)).filter((line) => line !== '');
  if (lines.length === 0) throw new NotEnoughData('the channel has no rows');
  return lines;
}

function numberOf(field: string, row: number, column: number | string): number {
  if (field.trim() === '') return Number.NaN;
  const number = Number(field);
  if (Number.isFinite(number)) return number;
  throw new InvalidRequest(
    `row ${row}, column ${column}: ${JSON.stringify(field.slice(0, 40))} is no number. The first line must not be a header`,
    'train',
  );
}

function notLibsvm(row: number, field: string): InvalidRequest {
  return new InvalidRequest(
    `row ${row}: ${JSON.stringify(field.slice(0, 40))} is not index:value`,
    'train',
  );
}

function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `f${index}`);
}
