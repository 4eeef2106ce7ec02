import { logGamma } from './log-gamma.ts';

/**
 * Both tails of the gamma distribution: the regularized incomplete gamma functions P(shape, x) and
 * Q(shape, x) = 1 − P. Relative error of the one that is summed, P below shape + 1 and else Q, about 1e-13
 * up to a shape of 10,000, and growing with it.
 *
 * Source: Press et al., "Numerical Recipes", 6.2: the series below shape + 1, above it the continued
 * fraction by Lentz's method.
 * @param shape > 0
 * @param x ≥ 0
 * @throws RangeError for arguments outside
 */
export function incompleteGamma(
  shape: number,
  x: number,
): { readonly lower: number; readonly upper: number } {
  if (!(shape > 0 && x >= 0))
    throw new RangeError(
      `the incomplete gamma function has no value of shape ${shape} at ${x}: shape is above 0, x is 0 or more`,
    );
  if (x === 0) return { lower: 0, upper: 1 };
  if (x === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0 };
  const factor = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  if (x < shape + 1) {
    const lower = factor * series(shape, x);
    return { lower, upper: 1 - lower };
  }
  const upper = factor * continuedFraction(shape, x);
  return { lower: 1 - upper, upper };
}

/** A few units in the last place: rounding may keep a smaller change up for ever. */
const PRECISION = 1e-15;
/** The terms needed grow with the root of the shape: enough for one of 1e9. */
const MAX_TERMS = 1_000_000;

function series(shape: number, x: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let n = 1; n < MAX_TERMS && term > sum * PRECISION; n++) {
    term *= x / (shape + n);
    sum += term;
  }
  return sum;
}

function continuedFraction(shape: number, x: number): number {
  let b = x + 1 - shape;
  let [c, d] = [Number.POSITIVE_INFINITY, 1 / b];
  let fraction = d;
  for (let n = 1, change = 0; n < MAX_TERMS && Math.abs(change - 1) > PRECISION; n++) {
    const a = n * (shape - n);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    change = c * d;
    fraction *= change;
  }
  return fraction;
}
