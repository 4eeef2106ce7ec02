import type { BgNbd } from './bg-nbd.ts';
import { digamma } from './digamma.ts';
import { logBeta, logGamma } from './log-gamma.ts';

/** Customers of equal history, counted: all that the likelihood needs to know of them. */
export interface GroupedRepeats {
  readonly x: Float64Array;
  readonly tx: Float64Array;
  readonly T: Float64Array;
  readonly count: Float64Array;
}

/**
 * Customers grouped by equal history, in ascending order of x, T and tx; the times of customers
 * without a repeat count from T alone.
 */
export function groupRepeats(
  x: ArrayLike<number>,
  tx: ArrayLike<number>,
  T: ArrayLike<number>,
): GroupedRepeats {
  const at = (values: ArrayLike<number>, row: number) => values[row] as number;
  const order = Uint32Array.from({ length: x.length }, (_, row) => row).sort(
    (i, j) => at(x, i) - at(x, j) || at(T, i) - at(T, j) || at(tx, i) - at(tx, j),
  );
  const same = (i: number, j: number) =>
    at(x, i) === at(x, j) && at(T, i) === at(T, j) && (at(x, i) === 0 || at(tx, i) === at(tx, j));
  const first: number[] = [];
  const count: number[] = [];
  for (const row of order) {
    const last = first.at(-1);
    if (last !== undefined && same(last, row)) count[count.length - 1] = (count.at(-1) ?? 0) + 1;
    else {
      first.push(row);
      count.push(1);
    }
  }
  return {
    x: Float64Array.from(first, (row) => at(x, row)),
    tx: Float64Array.from(first, (row) => at(tx, row)),
    T: Float64Array.from(first, (row) => at(T, row)),
    count: Float64Array.from(count),
  };
}

/**
 * Log-likelihood of the customers (Fader, Hardie & Lee 2005, eq. 6, without constants added), summed
 * in log space.
 * @param gradient takes the derivatives by r, alpha, a and b
 */
export function bgNbdLogLikelihood(
  { r, alpha, a, b }: BgNbd,
  { x, tx, T, count }: GroupedRepeats,
  gradient: Float64Array = new Float64Array(4),
): number {
  let [sum, byR, byAlpha, byA, byB] = [0, 0, 0, 0, 0];
  // What depends on x alone is taken once for each x: the groups are sorted by it.
  let purchases = -1;
  let [logShared, rShared, aShared, bShared] = [0, 0, 0, 0];
  const [logGammaR, logBetaAB, logAlpha] = [logGamma(r), logBeta(a, b), Math.log(alpha)];
  const [psiR, psiB, psiAB] = [digamma(r), digamma(b), digamma(a + b)];
  for (let group = 0; group < x.length; group++) {
    const n = x[group] as number;
    const weight = count[group] as number;
    if (n !== purchases) {
      purchases = n;
      logShared = logBeta(a, b + n) - logBetaAB + logGamma(r + n) - logGammaR + r * logAlpha;
      rShared = digamma(r + n) - psiR + logAlpha;
      const psiABN = digamma(a + b + n);
      aShared = psiAB - psiABN;
      bShared = digamma(b + n) - psiABN - psiB + psiAB;
    }
    const power = r + n;
    const atEnd = alpha + (T[group] as number);
    const logEnd = Math.log(atEnd);
    let logSum = -power * logEnd;
    byB += weight * bShared;
    byA += weight * aShared;
    if (n === 0) {
      byR += weight * (rShared - logEnd);
      byAlpha += weight * (r / alpha - power / atEnd);
    } else {
      const atLast = alpha + (tx[group] as number);
      const logLast = Math.log(atLast);
      const odds = (a / (b + n - 1)) * Math.exp(power * (logEnd - logLast));
      const alive = 1 / (1 + odds);
      const left = Number.isFinite(odds) ? odds * alive : 1;
      logSum = Number.isFinite(odds)
        ? logSum + Math.log1p(odds)
        : Math.log(a / (b + n - 1)) - power * logLast;
      byR += weight * (rShared - alive * logEnd - left * logLast);
      byAlpha += weight * (r / alpha - power * (alive / atEnd + left / atLast));
      byA += (weight * left) / a;
      byB -= (weight * left) / (b + n - 1);
    }
    sum += weight * (logShared + logSum);
  }
  gradient.set([byR, byAlpha, byA, byB]);
  return sum;
}
