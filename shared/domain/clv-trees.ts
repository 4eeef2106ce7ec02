import { compileForest } from '../trees/evaluate.ts';
import type { Forest } from '../trees/forest.ts';
import { type TrainingData, type TrainingParameters, trainForest } from '../trees/train.ts';
import { CLV_FEATURES } from './clv-features.ts';
import { marginsOf } from './clv-margins.ts';
import type { ClvTrainingRows } from './clv-training-rows.ts';

const PARAMETERS = {
  trees: 200,
  learningRate: 0.03,
  maxDepth: 3,
  lambda: 1,
  subsample: 0.7,
  columnSample: 0.25,
} as const;
/** Least leaves: larger where there are more rows, most of them the same customers at other cut-offs. */
const LEAF = { rowsEach: 200, least: 20, most: 40 } as const;
/** A correction starts from an answer: it may be shier. */
const CORRECTION = { trees: 150, minChildWeight: 60 } as const;
const TWEEDIE_POWER = 1.5;
/** A class, and buyers to learn amounts from. */
const LEAST_ROWS = 50;
/** BG/NBD × Gamma-Gamma's least value that a correction multiplies, in mean values. */
const LEAST_VALUE = 0.05;

/** Three ways to the value of the days that labels cover. */
export interface ClvTrees {
  readonly buy: Forest;
  readonly amount: Forest;
  readonly tweedie: Forest;
  readonly correction: Forest;
  /** Of a label. */
  readonly mean: number;
  /** BG/NBD × Gamma-Gamma's least value that a correction multiplies. */
  readonly least: number;
  readonly smearing: number;
}

/**
 * Three forests' ways to the value of the horizon: will buy × how much (in logarithms, brought back by
 * a smearing factor), Tweedie, and Tweedie that corrects BG/NBD × Gamma-Gamma by a factor. Labels are
 * relative to what BG/NBD × Gamma-Gamma expected in total at their cut-off, so that the season of a
 * cut-off is not taken for a property of its customers.
 *
 * Sources: Duan (1983), "Smearing estimate", as a ratio of sums; Jørgensen (1997), "The Theory of
 * Dispersion Models": the deviance of y at μ₀ · e^f is μ₀^(2−p) times that of y / μ₀ at e^f, so an
 * offset is a weight.
 * @returns null where there is too little to learn from
 */
export async function trainClvTrees(rows: ClvTrainingRows, seed: number): Promise<ClvTrees | null> {
  const used = relativeRows(rows);
  const buyers = used.labels.reduce((sum, label) => sum + (label > 0 ? 1 : 0), 0);
  if (buyers < LEAST_ROWS || used.labels.length - buyers < LEAST_ROWS) return null;
  const columns = CLV_FEATURES.map((_, column) =>
    joined(used.snapshots.map((snapshot) => snapshot.columns[column] as Float32Array)),
  );
  const mean = used.labels.reduce((sum, label) => sum + label, 0) / used.labels.length;
  const minChildWeight = Math.min(
    LEAF.most,
    Math.max(LEAF.least, Math.round(used.labels.length / LEAF.rowsEach)),
  );
  const grow = (
    objective: TrainingParameters['objective'],
    labels: Float32Array,
    more: Partial<TrainingData> = {},
    parameters: Partial<TrainingParameters> = {},
  ) =>
    trainForest(
      { columns, labels, featureNames: CLV_FEATURES, ...more },
      {
        ...PARAMETERS,
        minChildWeight,
        objective,
        tweedieVariancePower: TWEEDIE_POWER,
        seed,
        ...parameters,
      },
    );

  const bought = Uint32Array.from(used.labels.keys()).filter((row) => (used.labels[row] ?? 0) > 0);
  const ofBuyers = (values: ArrayLike<number>) =>
    Float32Array.from(bought, (row) => values[row] as number);
  const buyerColumns = columns.map(ofBuyers);
  const amounts = ofBuyers(used.labels);
  const buy = await grow(
    'binary:logistic',
    used.labels.map((label) => (label > 0 ? 1 : 0)),
  );
  const much = await grow('reg:squarederror', amounts.map(Math.log), { columns: buyerColumns });
  const told = marginsOf(compileForest(much.forest), buyerColumns).map(Math.exp);
  const smearing = sumOf(amounts) / sumOf(told);

  const tweedie = await grow(
    'reg:tweedie',
    used.labels.map((label) => label / mean),
  );

  const least = LEAST_VALUE * mean;
  const offsets = used.expected.map((value) => Math.max(least, value) / mean);
  const correction = await grow(
    'reg:tweedie',
    used.labels.map((label, row) => label / mean / (offsets[row] as number)),
    { weights: offsets.map((offset) => offset ** (2 - TWEEDIE_POWER)) },
    CORRECTION,
  );
  return {
    buy: buy.forest,
    amount: much.forest,
    tweedie: tweedie.forest,
    correction: correction.forest,
    mean,
    least,
    smearing,
  };
}

/** Rows of the cut-offs after which anybody bought; the labels divided by the cut-off's level. */
function relativeRows({ snapshots, labels }: ClvTrainingRows) {
  const usable = snapshots.flatMap((snapshot, index) => {
    const following = labels[index] as Float64Array;
    const expected = Float32Array.from(snapshot.predictions, ({ value }) => value);
    const level = sumOf(following) / sumOf(expected);
    return level > 0 && Number.isFinite(level)
      ? [{ snapshot, expected, labels: Float32Array.from(following, (label) => label / level) }]
      : [];
  });
  return {
    snapshots: usable.map(({ snapshot }) => snapshot),
    labels: joined(usable.map((one) => one.labels)),
    expected: joined(usable.map(({ expected }) => expected)),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < values.length; row++) sum += values[row] as number;
  return sum;
}
