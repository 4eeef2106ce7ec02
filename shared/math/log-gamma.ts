const G = 607 / 128;
const COEFFICIENTS = [
  0.9999999999999971, 57.15623566586292, -59.59796035547549, 14.136097974741746,
  -0.4919138160976202, 3.399464998481189e-5, 4.652362892704858e-5, -9.837447530487956e-5,
  0.0001580887032249125, -0.00021026444172410488, 0.00021743961811521265, -0.0001643181065367639,
  8.441822398385275e-5, -2.6190838401581408e-5, 3.6899182659531625e-6,
];
const HALF_LOG_TWO_PI = 0.9189385332046728;
const STIRLING_FROM = 12;

/**
 * Natural logarithm of the gamma function.
 *
 * Source: Stirling's series from 12 on (Abramowitz & Stegun 6.1.41), below it Lanczos's approximation
 * with g = 607/128 and 15 terms (Godfrey 2001).
 * @param x above 0
 */
export function logGamma(x: number): number {
  if (x >= STIRLING_FROM) {
    const inverse = 1 / x;
    const square = inverse * inverse;
    const series =
      inverse *
      (1 / 12 -
        square *
          (1 / 360 -
            square *
              (1 / 1260 - square * (1 / 1680 - square * (1 / 1188 - square * (691 / 360360))))));
    return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + series;
  }
  if (x < 0.5) return logGamma(x + 1) - Math.log(x);
  let sum = COEFFICIENTS[0] as number;
  for (let term = 1; term < COEFFICIENTS.length; term++)
    sum += (COEFFICIENTS[term] as number) / (x - 1 + term);
  const shifted = x - 0.5 + G;
  return HALF_LOG_TWO_PI + (x - 0.5) * Math.log(shifted) - shifted + Math.log(sum);
}

/** Logarithm of the beta function of two numbers above 0. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}
