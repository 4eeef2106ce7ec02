import { NotEnoughData } from '../errors.ts';
import type { TrainingData } from '../trees/train.ts';

/** A column as it was read, by row: numbers (NaN where missing) or texts (null where missing). */
export type ReadColumn =
  | { readonly name: string; readonly numbers: Float32Array }
  | { readonly name: string; readonly texts: readonly (string | null)[] };

/** A column that a model uses: its categories, by number, or null where it holds numbers. */
export interface TableInput {
  readonly name: string;
  readonly categories: readonly string[] | null;
}

export interface TableInputs {
  readonly used: readonly TableInput[];
  /** Columns that can teach nothing, and why. */
  readonly unused: readonly { readonly name: string; readonly why: string }[];
}

/** By input, a value a row: numbers, or numbers of categories; NaN where missing or unknown. */
export type TableValues = readonly Float32Array[];

/** Rows that a category needs, not to count as missing: of a rarer one nothing can be learned. */
const LEAST_ROWS = 10;
/** Bins of a column in the trainer, one of them for what is missing. */
const MOST_CATEGORIES = 255;

/**
 * What a table offers to learn from: every column that varies. A text that stands in fewer than ten
 * rows is no category; a column of such texts alone is a name, and is not used.
 * @throws NotEnoughData where no column is left
 */
export function tableInputs(columns: readonly ReadColumn[]): TableInputs {
  const used: TableInput[] = [];
  const unused: { name: string; why: string }[] = [];
  for (const column of columns) {
    const { name } = column;
    const categories = 'texts' in column ? categoriesOf(column.texts) : null;
    if (categories?.length === 0) unused.push({ name, why: 'no text in ten rows or more' });
    else if (isConstant(column)) unused.push({ name, why: 'the same in every row' });
    else used.push({ name, categories });
  }
  if (used.length === 0)
    throw new NotEnoughData(
      `no column to learn from: ${unused.map(({ name, why }) => `${name} (${why})`).join(', ')}`,
    );
  return { used, unused };
}

/** The most frequent ones, by code point. */
function categoriesOf(texts: readonly (string | null)[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const text of texts) if (text) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= LEAST_ROWS)
    .sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1))
    .slice(0, MOST_CATEGORIES)
    .map(([text]) => text)
    .sort((a, b) => (a < b ? -1 : 1));
}

function isConstant(column: ReadColumn): boolean {
  // An empty text is missing, like null; NaN is one value here, as missing numbers are.
  const values = 'texts' in column ? column.texts.map((text) => text || null) : column.numbers;
  return new Set<string | number | null>(values).size <= 1;
}

/** The values of the inputs in a table that has those columns, in any order. */
export function tableValues(
  inputs: readonly TableInput[],
  columns: readonly ReadColumn[],
): {
  readonly values: TableValues;
  /** By column, how many texts are no category of it and count as missing. */
  readonly unknown: Readonly<Record<string, number>>;
} {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const unknown: Record<string, number> = {};
  const values = inputs.map(({ name, categories }) => {
    const column = byName.get(name) as ReadColumn;
    if ('numbers' in column) return column.numbers;
    const numbers = new Map(categories?.map((text, number) => [text, number]));
    return Float32Array.from(column.texts, (text) => {
      const number = text ? numbers.get(text) : Number.NaN;
      if (number === undefined) unknown[name] = (unknown[name] ?? 0) + 1;
      return number ?? Number.NaN;
    });
  });
  return { values, unknown };
}

/** Rows of a table as the trainer of trees takes them. */
export function treeData(
  inputs: readonly TableInput[],
  values: TableValues,
  labels: Uint8Array,
  rows: Uint32Array,
): TrainingData {
  return {
    columns: valuesAt(values, rows),
    labels: Float32Array.from(rows, (row) => labels[row] as number),
    featureNames: inputs.map(({ name }) => name),
    categorical: inputs.map(({ categories }) => categories !== null),
  };
}

export function valuesAt(values: TableValues, rows: Uint32Array): TableValues {
  return values.map((column) => Float32Array.from(rows, (row) => column[row] as number));
}
