import { moments } from './moments.ts';
import { quantile } from './quantile.ts';

/** A value is scaled to (value − center) / scale. */
export interface ColumnScaling {
  readonly center: number;
  /** > 0: 1 where the column does not vary. */
  readonly scale: number;
}

/** To mean 0 and population variance 1. */
export function standardScaling(values: ArrayLike<number>): ColumnScaling {
  const { mean, variance } = moments(values);
  return { center: mean, scale: Math.sqrt(variance) || 1 };
}

/** To minimum 0 and maximum 1. */
export function minMaxScaling(values: ArrayLike<number>): ColumnScaling {
  const sorted = Float64Array.from(values).sort();
  return { center: quantile(sorted, 0), scale: quantile(sorted, 1) - quantile(sorted, 0) || 1 };
}

/** To median 0 and interquartile range 1, which outliers do not move. */
export function robustScaling(values: ArrayLike<number>): ColumnScaling {
  const sorted = Float64Array.from(values).sort();
  return {
    center: quantile(sorted, 0.5),
    scale: quantile(sorted, 0.75) - quantile(sorted, 0.25) || 1,
  };
}

export function scaled(value: number, { center, scale }: ColumnScaling): number {
  return (value - center) / scale;
}
