import { isotonicRegression, isotonicValue } from '../../shared/math/isotonic-regression.ts';
import { vectors } from './vector-file.ts';

interface Rows {
  readonly x: number[];
  readonly y: number[];
  readonly weights: number[] | null;
  readonly increasing: boolean;
  readonly query: number[];
}

vectors<Rows>('isotonic', {
  compute: ({ x, y, weights, increasing, query }) => {
    const fit = isotonicRegression(x, y, weights ?? undefined, increasing);
    const value = (place: number) => isotonicValue(fit, place);
    return {
      fitted: x.map(value),
      xThresholds: fit.x,
      yThresholds: fit.y,
      predictions: query.map(value),
    };
  },
});
