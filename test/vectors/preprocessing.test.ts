import {
  type ColumnScaling,
  minMaxScaling,
  robustScaling,
  scaled,
  standardScaling,
} from '../../shared/math/column-scaling.ts';
import { medianImputation } from '../../shared/math/median-imputation.ts';
import { moments } from '../../shared/math/moments.ts';
import { oneHot, oneHotCategories } from '../../shared/math/one-hot.ts';
import { quantile } from '../../shared/math/quantile.ts';
import { targetEncoding } from '../../shared/math/target-encoding.ts';
import { vectors } from './vector-file.ts';

type Scaling = { readonly X: number[][]; readonly query: number[][] };
type Case =
  | ({ readonly method: 'standard' | 'minMax' | 'robust' } & Scaling)
  | { readonly method: 'oneHot'; readonly values: string[]; readonly query: string[] }
  | { readonly method: 'quantiles'; readonly x: number[]; readonly probabilities: number[] }
  | { readonly method: 'medianImpute'; readonly x: (number | null)[] }
  | {
      readonly method: 'targetEncoding';
      readonly values: string[];
      readonly y: number[];
      readonly smoothing: number;
      readonly query: string[];
    }
  | { readonly method: 'moments'; readonly x: number[] };

vectors<Case>('preprocessing', { compute: preprocessed });

function preprocessed(input: Case) {
  switch (input.method) {
    case 'standard':
      return {
        ...byColumn(input, standardScaling, 'mean'),
        variance: columnsOf(input).map((column) => moments(column).variance),
      };
    case 'minMax': {
      const columns = columnsOf(input);
      return {
        ...byColumn(input, minMaxScaling, 'min'),
        max: columns.map((column) => Math.max(...column)),
      };
    }
    case 'robust':
      return byColumn(input, robustScaling, 'center');
    case 'oneHot': {
      const categories = oneHotCategories(input.values);
      return { categories, transformed: input.query.map((value) => oneHot(value, categories)) };
    }
    case 'quantiles': {
      const sorted = Float64Array.from(input.x).sort();
      return { quantiles: input.probabilities.map((p) => quantile(sorted, p)) };
    }
    case 'medianImpute': {
      const imputation = medianImputation(input.x);
      return { ...imputation, missingIndicator: imputation?.missing };
    }
    case 'targetEncoding': {
      const { prior, encoding } = targetEncoding(input.values, input.y, input.smoothing);
      return {
        prior,
        encoding: Object.fromEntries(encoding),
        transformed: input.query.map((value) => encoding.get(value) ?? prior),
      };
    }
    case 'moments': {
      const { mean, variance, sampleVariance, skewness, excessKurtosis } = moments(input.x);
      return {
        mean,
        variancePopulation: variance,
        varianceSample: sampleVariance,
        skewnessPopulation: skewness,
        excessKurtosisPopulation: excessKurtosis,
      };
    }
  }
}

function columnsOf({ X }: Scaling): number[][] {
  return (X[0] ?? []).map((_, column) => X.map((row) => row[column] as number));
}

function byColumn(
  input: Scaling,
  scalingOf: (values: readonly number[]) => ColumnScaling,
  center: string,
) {
  const scalings = columnsOf(input).map(scalingOf);
  return {
    [center]: scalings.map((scaling) => scaling.center),
    scale: scalings.map(({ scale }) => scale),
    transformed: input.query.map((row) =>
      row.map((value, column) => scaled(value, scalings[column] as ColumnScaling)),
    ),
  };
}
