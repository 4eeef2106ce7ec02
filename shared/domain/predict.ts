import { UnusableModel } from '../errors.ts';
import type { PrefixRows } from './prefix-rows.ts';
import type { ScoringModel } from './registered-model.ts';

/**
 * Probabilities of rows, by the same code that serves.
 * @throws UnusableModel when the rows lack a feature of the model
 */
export function predict(
  model: ScoringModel,
  rows: PrefixRows,
  chosen: ArrayLike<number>,
): Float64Array {
  const features = model.features.map((name) => featureIndex(rows, name));
  return Float64Array.from(chosen, (row) => model.score(rows.vector(row, features)).probability);
}

/** @throws UnusableModel */
export function featureIndex(rows: PrefixRows, name: string): number {
  const index = rows.features.findIndex((feature) => feature.name === name);
  if (index < 0) throw new UnusableModel(`the rows were made without the feature ${name}`);
  return index;
}
