import { NotEnoughData } from '../errors.ts';
import { logisticRegression } from '../math/logistic-regression.ts';
import { quantile } from '../math/quantile.ts';
import { shrunkenPlatt } from '../math/shrunken-platt.ts';
import type { SparseMatrix } from '../math/sparse-matrix.ts';
import type { LogisticModel } from '../schemas/model.ts';
import { compileAdditive } from './evaluator.ts';
import { additiveArtifact } from './model-folder.ts';
import type { PrefixRows } from './prefix-rows.ts';
import type { TrainedModel, TrainingRows } from './trained-model.ts';
import {
  labelsOf,
  listedCategories,
  meanOf,
  requireBothClasses,
  weightsOf,
} from './training-columns.ts';

type Term = LogisticModel['terms'][number];

interface FittedTerms {
  readonly model: LogisticModel;
  /** Indexes into the rows' features, in the order of the terms. */
  readonly features: readonly number[];
}

/** Penalty on the squared log-odds at knots and categories, in sessions. */
const L2 = 10;
/** Segments of a numeric feature's piecewise linear function, at most. */
const SEGMENTS = 4;
/** The outer knots leave this share of the values to either side, where the function is constant. */
const TRIM = 0.02;

/**
 * Fits an additive logistic regression, and Platt's calibration on later rows that the fit has not
 * seen; then fits the terms again on both, because the newest sessions tell most about the next.
 *
 * For the fit, rows are weighted by 1 / prefixes of their session, so every session counts once. The
 * calibration and the prior take every row alike: the weight depends on how long the session will
 * get, which a score cannot know, and would teach the chance of a session's average event; as far as
 * it may be the chance of a few busy users, it is drawn back (`shrunkenPlatt`). Classes are not
 * reweighted. No randomness: the same rows give the same model.
 *
 * @throws NotEnoughData when a class has fewer than 10 sessions to fit or to calibrate
 */
export function trainLogistic(
  rows: PrefixRows,
  { fit, calibrate, features }: TrainingRows,
): TrainedModel {
  requireBothClasses(rows, fit, 'to fit');
  requireBothClasses(rows, calibrate, 'to calibrate');
  const earlier = fitTerms(rows, fit, features);
  const { a, b, share } = shrunkenPlatt(
    marginsOf(rows, calibrate, earlier.model, earlier.features),
    labelsOf(rows, calibrate),
    calibrate.map((row) => rows.unit[row] as number),
  );
  const both = Uint32Array.from([...fit, ...calibrate]).sort();
  const fitted = fitTerms(rows, both, features);
  return {
    artifact: additiveArtifact(fitted.model),
    calibration: { kind: 'platt', a, b },
    prior: meanOf(labelsOf(rows, both)),
    inputs: fitted.features.map((feature) => ({ feature })),
    parameters: { l2: L2, segments: SEGMENTS, calibration_share: share },
    title: 'additive logistic regression',
    method: `Piecewise linear terms with ridge penalty; Platt's calibration, of which ${(100 * share).toFixed(0)} % is kept.`,
    learningCurve: [],
    movers: `Widest terms, from the least to the most that a value can add to the log-odds:

${widestTerms(fitted.model)}`,
  };
}

const WIDEST = 10;

function widestTerms(model: LogisticModel): string {
  return model.terms
    .map(({ feature, weights, missing_weight }) => {
      const all = [...Object.values(weights), missing_weight];
      return { feature, least: Math.min(...all), most: Math.max(...all) };
    })
    .sort((a, b) => b.most - b.least - (a.most - a.least))
    .slice(0, WIDEST)
    .map(
      ({ feature, least, most }) => `- \`${feature}\`: ${least.toFixed(2)} to ${most.toFixed(2)}`,
    )
    .join('\n');
}

function fitTerms(rows: PrefixRows, fit: Uint32Array, features: readonly number[]): FittedTerms {
  const encodings = features.flatMap((feature) => {
    const encoding =
      rows.features[feature]?.type === 'number'
        ? numericEncoding(rows, fit, feature)
        : categoricalEncoding(rows, fit, feature);
    return encoding === null ? [] : [encoding];
  });
  if (encodings.length === 0)
    throw new NotEnoughData('every feature has the same value in all rows: nothing to learn from');
  const weights = weightsOf(rows, fit);
  const design = designOf(rows, fit, encodings);
  const { intercept, coefficients } = logisticRegression(design, labelsOf(rows, fit), L2, weights);
  return {
    model: centredModel(rows, encodings, intercept, coefficients, design, weights),
    features: encodings.map(({ feature }) => feature),
  };
}

/** How a feature enters the design: `size` columns, the last one for missing values. */
interface Encoding {
  readonly feature: number;
  readonly size: number;
  /** Calls `emit` with each non-zero column of a value (NaN: missing), ascending. */
  encode(value: number, emit: (column: number, share: number) => void): void;
  term(weights: ArrayLike<number>, name: string): Term;
}

function numericEncoding(rows: PrefixRows, fit: Uint32Array, feature: number): Encoding | null {
  const knots = knotsOf(
    Float64Array.from(fit, (row) => rows.value(row, feature))
      .filter((value) => !Number.isNaN(value))
      .sort(),
  );
  if (knots === null) return null;
  const missing = knots.length;
  const last = knots.length - 1;
  return {
    feature,
    size: knots.length + 1,
    encode(value, emit) {
      if (Number.isNaN(value)) emit(missing, 1);
      else if (value <= (knots[0] as number)) emit(0, 1);
      else if (value >= (knots[last] as number)) emit(last, 1);
      else {
        const right = knots.findIndex((knot) => knot > value);
        const low = knots[right - 1] as number;
        const share = (value - low) / ((knots[right] as number) - low);
        emit(right - 1, 1 - share);
        emit(right, share);
      }
    },
    term: (weights, name) => ({
      type: 'piecewise',
      feature: name,
      knots,
      weights: Array.from(knots, (_, knot) => weights[knot] as number),
      missing_weight: weights[missing] as number,
    }),
  };
}

/**
 * The least value and evenly spaced quantiles of those above it: a count that is mostly 0 keeps its
 * knots where it varies.
 * @returns ascending knots, or null for a constant
 */
function knotsOf(sorted: Float64Array): number[] | null {
  const [least] = sorted;
  if (least === undefined) return null;
  const above = sorted.subarray(sorted.findIndex((value) => value > least));
  if (least === sorted[sorted.length - 1]) return null;
  const knots = new Set([least]);
  for (let segment = 0; segment < SEGMENTS; segment++)
    knots.add(quantile(above, TRIM + ((1 - 2 * TRIM) * segment) / (SEGMENTS - 1)));
  return [...knots];
}

function categoricalEncoding(rows: PrefixRows, fit: Uint32Array, feature: number): Encoding | null {
  const listed = listedCategories(rows, fit, feature);
  const [only] = listed;
  if (only === undefined || only.count === fit.length) return null;
  const columns = new Map(listed.map(({ code }, column) => [code, column]));
  return {
    feature,
    size: listed.length + 1,
    encode(value, emit) {
      emit(columns.get(value) ?? listed.length, 1);
    },
    term: (weights, name) => ({
      type: 'categorical',
      feature: name,
      weights: Object.fromEntries(
        listed.map((category, column) => [category.name, weights[column] as number]),
      ),
      missing_weight: weights[listed.length] as number,
    }),
  };
}

function designOf(
  rows: PrefixRows,
  chosen: Uint32Array,
  encodings: readonly Encoding[],
): SparseMatrix {
  const rowStarts = new Uint32Array(chosen.length + 1);
  const columns = new Uint16Array(chosen.length * encodings.length * 2);
  const values = new Float64Array(columns.length);
  let end = 0;
  let offset = 0;
  const emit = (column: number, share: number) => {
    columns[end] = offset + column;
    values[end] = share;
    end++;
  };
  for (let index = 0; index < chosen.length; index++) {
    offset = 0;
    for (const { feature, size, encode } of encodings) {
      encode(rows.value(chosen[index] as number, feature), emit);
      offset += size;
    }
    rowStarts[index + 1] = end;
  }
  return {
    columnCount: offset,
    rowStarts,
    columns: columns.subarray(0, end),
    values: values.subarray(0, end),
  };
}

/**
 * Moves each term's mean over the rows into the intercept, which changes no margin. A column that
 * no row used (nothing was missing) adds 0 then: what is not known moves nothing.
 */
function centredModel(
  rows: PrefixRows,
  encodings: readonly Encoding[],
  intercept: number,
  coefficients: Float64Array,
  design: SparseMatrix,
  weights: Float64Array,
): LogisticModel {
  const shares = new Float64Array(design.columnCount);
  for (let row = 0; row < weights.length; row++) {
    const end = design.rowStarts[row + 1] as number;
    for (let k = design.rowStarts[row] as number; k < end; k++) {
      const column = design.columns[k] as number;
      shares[column] =
        (shares[column] as number) + (weights[row] as number) * (design.values[k] as number);
    }
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let bias = intercept;
  let start = 0;
  const terms = encodings.map(({ feature, size, term }) => {
    const used = shares.subarray(start, start + size);
    const fitted = coefficients.subarray(start, start + size);
    const mean = fitted.reduce((sum, weight, i) => sum + weight * (used[i] as number), 0) / total;
    bias += mean;
    start += size;
    const centred = fitted.map((weight, i) => (used[i] === 0 ? 0 : weight - mean));
    return term(centred, rows.features[feature]?.name as string);
  });
  return { kind: 'logistic', intercept: bias, terms };
}

/** Log-odds of rows before calibration. */
function marginsOf(
  rows: PrefixRows,
  chosen: Uint32Array,
  model: LogisticModel,
  features: readonly number[],
): Float64Array {
  const { margin } = compileAdditive(
    model,
    features.map((feature) => {
      const { name, digest, type } = rows.features[feature] as PrefixRows['features'][number];
      return { name, definition: digest, type };
    }),
  );
  return Float64Array.from(chosen, (row) => margin(rows.vector(row, features)));
}
