const SERIES_FROM = 10;

/**
 * Derivative of the logarithm of the gamma function.
 *
 * Source: recurrence up to 10, then the asymptotic series (Abramowitz & Stegun 6.3.5, 6.3.18).
 * @param x above 0
 */
export function digamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < SERIES_FROM; at++) shift += 1 / at;
  const square = 1 / (at * at);
  const series =
    square *
    (1 / 12 -
      square *
        (1 / 120 -
          square * (1 / 252 - square * (1 / 240 - square * (1 / 132 - square * (691 / 32760))))));
  return Math.log(at) - 0.5 / at - series - shift;
}
