import { seededRandom } from '../../shared/math/seeded-random.ts';
import type { TrainingData } from '../../shared/trees/train.ts';

/**
 * Rows with something to learn: the label leans on the first three columns of five. Values are steps,
 * one in ten missing but in column 0, which has none; the last two columns are categories, of 3 and 30.
 */
export function trainingRows(
  rows: number,
  {
    seed = 1,
    steps = 200,
    label = bernoulli,
  }: {
    readonly seed?: number;
    /** Distinct values of a numeric column. */
    readonly steps?: number;
    readonly label?: (lean: number, random: () => number) => number;
  } = {},
): TrainingData & { readonly categorical: readonly boolean[] } {
  const random = seededRandom(seed);
  const fill = (value: () => number) => Float32Array.from({ length: rows }, value);
  const step = () => Math.floor(random() * steps) / steps;
  const gappy = () => (random() < 0.1 ? Number.NaN : step());
  const columns = [
    fill(step),
    fill(gappy),
    fill(gappy),
    fill(() => Math.floor(random() * 3)),
    fill(() => Math.floor(random() * 30)),
  ];
  const at = (column: number, row: number) => columns[column]?.[row] as number;
  const labels = fill(() => 0).map((_, row) => {
    const lean =
      3 * at(0, row) - 2 * (at(1, row) || 0.7) + at(2, row) * at(0, row) ||
      0 + ((at(4, row) * 7) % 5) / 3 - at(3, row) / 2;
    return label(lean, random);
  });
  return {
    columns,
    labels,
    featureNames: ['rising', 'falling', 'joint', 'few', 'many'],
    categorical: [false, false, false, true, true],
  };
}

function bernoulli(lean: number, random: () => number): number {
  return Number(random() < 1 / (1 + Math.exp(0.5 - lean)));
}

/** The rows at these positions, in this order. */
export function rowsAt(data: TrainingData, rows: readonly number[]): TrainingData {
  const { weights } = data;
  return {
    ...data,
    columns: data.columns.map((column) => Float32Array.from(rows, (row) => column[row] as number)),
    labels: Float32Array.from(rows, (row) => data.labels[row] as number),
    ...(weights === undefined
      ? {}
      : { weights: Float32Array.from(rows, (row) => weights[row] as number) }),
  };
}
