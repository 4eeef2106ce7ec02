/** Where a parameter above 0 is free: beyond, a quadratic penalty in its logarithm sets in. */
export interface Shoulder {
  readonly from: number;
  readonly to: number;
}

/** Of a likelihood per observation: outweighs what the tail of one still gains. */
const STEEPNESS = 100;

/**
 * The penalty of logarithms outside their shoulders: minus the logarithm of a prior that is flat
 * inside and normal outside. Adds its derivatives to the gradient.
 */
export function addShoulders(
  shoulders: readonly Shoulder[],
  logarithms: ArrayLike<number>,
  gradient: Float64Array,
): number {
  let penalty = 0;
  for (const [i, { from, to }] of shoulders.entries()) {
    const at = logarithms[i] as number;
    const beyond = Math.max(0, at - Math.log(to)) + Math.min(0, at - Math.log(from));
    penalty += STEEPNESS * beyond * beyond;
    gradient[i] = (gradient[i] as number) + 2 * STEEPNESS * beyond;
  }
  return penalty;
}
