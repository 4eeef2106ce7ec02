import { quantile } from '../../shared/math/quantile.ts';
import { vectors } from './vector-file.ts';

vectors<{ method: string; x: number[]; probabilities: number[] }>('preprocessing', {
  compute: ({ method, x, probabilities }) => {
    if (method !== 'quantiles') return null;
    const sorted = Float64Array.from(x).sort();
    return { quantiles: probabilities.map((p) => quantile(sorted, p)) };
  },
});
