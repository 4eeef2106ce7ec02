import { quantile } from '../shared/math/quantile.ts';
import type { Sample } from './report.ts';

/** @param values one a round, not empty */
export function sampleOf(values: readonly number[]): Sample {
  const sorted = values.toSorted((left, right) => left - right);
  return {
    min: sorted[0] as number,
    median: quantile(sorted, 0.5),
    max: sorted.at(-1) as number,
    rounds: sorted.length,
  };
}

/** @param values of one round, not empty */
export function percentile(values: readonly number[], p: number): number {
  return quantile(
    values.toSorted((left, right) => left - right),
    p,
  );
}

/** Ours over theirs, round by round, so that a slow moment of the machine weighs on both. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Sample {
  return sampleOf(ours.map((value, round) => value / (theirs[round] as number)));
}
