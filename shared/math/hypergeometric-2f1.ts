const MAX_TERMS = 1_000_000;

/**
 * Gauss's hypergeometric function ₂F₁(a, b; c; z) by its power series.
 *
 * Source: Abramowitz & Stegun 15.1.1. Needs about 36 / −ln z terms, so z near 1 is slow.
 * @param c not 0, −1, −2, …
 * @param z in [0, 1)
 */
export function hypergeometric2F1(a: number, b: number, c: number, z: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 0; n < MAX_TERMS; n++) {
    const ratio = (((a + n) * (b + n)) / ((c + n) * (n + 1))) * z;
    term *= ratio;
    sum += term;
    // Where the ratio is at most z the rest is less than term · z / (1 − z).
    if (Math.abs(ratio) < 1 && Math.abs(term) <= 1e-17 * (1 - z) * Math.abs(sum)) break;
  }
  return sum;
}

const RESCALE_ABOVE = 1e200;

/**
 * Natural logarithm of ₂F₁ where all its terms are positive, however large they grow.
 * @param a above 0
 * @param b above 0
 * @param c above 0
 * @param z in [0, 1)
 */
export function logHypergeometric2F1(a: number, b: number, c: number, z: number): number {
  let [term, sum, scale] = [1, 1, 0];
  for (let n = 0; n < MAX_TERMS; n++) {
    const ratio = (((a + n) * (b + n)) / ((c + n) * (n + 1))) * z;
    term *= ratio;
    sum += term;
    if (sum > RESCALE_ABOVE) {
      scale += Math.log(sum);
      term /= sum;
      sum = 1;
    }
    if (ratio < 1 && term <= 1e-17 * (1 - ratio) * sum) break;
  }
  return scale + Math.log(sum);
}
