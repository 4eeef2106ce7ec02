import { quantile } from './quantile.ts';

type Values = ArrayLike<number>;

function meanOver(p: Values, y: Values, loss: (p: number, y: number) => number): number {
  let sum = 0;
  for (let row = 0; row < y.length; row++) sum += loss(p[row] as number, y[row] as number);
  return sum / y.length;
}

/** Root of the mean squared error of predictions p for values y. */
export function rootMeanSquaredError(p: Values, y: Values): number {
  return Math.sqrt(meanOver(p, y, (one, actual) => (one - actual) ** 2));
}

export function meanAbsoluteError(p: Values, y: Values): number {
  return meanOver(p, y, (one, actual) => Math.abs(one - actual));
}

export function medianAbsoluteError(p: Values, y: Values): number {
  const errors = Float64Array.from(y, (actual, row) => Math.abs((p[row] as number) - actual));
  return quantile(errors.sort(), 0.5);
}

/** Mean of prediction minus value: above 0 where too much is predicted. */
export function meanBias(p: Values, y: Values): number {
  return meanOver(p, y, (one, actual) => one - actual);
}

/** Share of the variance explained; null where the values are constant. */
export function rSquared(p: Values, y: Values): number | null {
  const mean = meanOver(p, y, (_, actual) => actual);
  const variance = meanOver(p, y, (_, actual) => (actual - mean) ** 2);
  return variance === 0
    ? null
    : 1 - meanOver(p, y, (one, actual) => (one - actual) ** 2) / variance;
}

/** Root mean squared error of log(1 + value); for values above −1. */
export function rootMeanSquaredLogError(p: Values, y: Values): number {
  return Math.sqrt(meanOver(p, y, (one, actual) => (Math.log1p(one) - Math.log1p(actual)) ** 2));
}

/**
 * Mean unit deviance of the Tweedie family.
 *
 * Source: Jørgensen (1997), "The Theory of Dispersion Models".
 * @param p above 0
 * @param y ≥ 0
 * @param power of the variance, in (1, 2)
 */
export function tweedieDeviance(p: Values, y: Values, power: number): number {
  const [one, two] = [1 - power, 2 - power];
  return meanOver(
    p,
    y,
    (mean, actual) =>
      2 * (actual ** two / (one * two) - (actual * mean ** one) / one + mean ** two / two),
  );
}
