import { hypergeometric2F1, logHypergeometric2F1 } from './hypergeometric-2f1.ts';
import { logBeta, logGamma } from './log-gamma.ts';

/**
 * Beta-geometric / negative binomial: purchase rates vary as a gamma of shape r and rate alpha, the
 * chance to leave after each purchase as a beta of a and b. With a = 0 nobody leaves: the plain
 * negative binomial.
 *
 * Source: Fader, Hardie & Lee (2005), "Counting your customers the easy way".
 */
export interface BgNbd {
  readonly r: number;
  /** In the unit of time that the model was fitted in. */
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
}

/** One customer's purchases, times in the model's unit since the first of them. */
export interface Repeats {
  /** Repeat purchases: all but the first. */
  readonly x: number;
  /** Time of the last one; 0 without any. */
  readonly tx: number;
  /** Time observed. */
  readonly T: number;
}

/** Probability that the customer still buys at T (the source's p. 279; 1 without a repeat). */
export function probabilityAlive({ r, alpha, a, b }: BgNbd, { x, tx, T }: Repeats): number {
  if (x === 0 || a === 0) return 1;
  const odds = Math.log(a / (b + x - 1)) + (r + x) * Math.log((alpha + T) / (alpha + tx));
  return 1 / (1 + Math.exp(odds));
}

/**
 * Expected purchases in the time t after T (eq. 10; with x = 0 and T = 0 eq. 9, a new customer).
 *
 * Euler's transformation of ₂F₁ takes the power x out of it: no overflow, fewer terms. Where that makes
 * its terms alternate too strongly, the plain series is summed in log space.
 */
export function expectedPurchases(model: BgNbd, repeats: Repeats, t: number): number {
  return probabilityAlive(model, repeats) * purchasesWhenAlive(model, repeats, t);
}

/** Below it the first parameter of the transformed function costs more than two digits. */
const ALTERNATING = -5;
/** The formula divides 0 by 0 at a = 1 and at a + b + x = 1: there it is the mean of both sides. */
const REMOVED = 1e-4;

function purchasesWhenAlive(model: BgNbd, { x, tx, T }: Repeats, t: number): number {
  const { r, alpha, a, b } = model;
  const c = a + b + x - 1;
  if (Math.abs(a - 1) < REMOVED || Math.abs(c) < REMOVED) {
    const side = (shift: number) => purchasesWhenAlive({ ...model, a: a + shift }, { x, tx, T }, t);
    return (side(-2 * REMOVED) + side(2 * REMOVED)) / 2;
  }
  const z = t / (alpha + T + t);
  const logRest = Math.log1p(-z);
  const kept =
    a + b - 1 - r < ALTERNATING && c > 0
      ? Math.exp((r + x) * logRest + logHypergeometric2F1(r + x, b + x, c, z))
      : Math.exp((a - 1) * logRest) * hypergeometric2F1(a + b - 1 - r, a - 1, c, z);
  return (c / (a - 1)) * (1 - kept);
}

/** Probability of n purchases in the time t after the first (eq. 8). */
export function probabilityOfPurchases({ r, alpha, a, b }: BgNbd, n: number, t: number): number {
  const [logStay, logBuy] = [r * Math.log(alpha / (alpha + t)), Math.log(t / (alpha + t))];
  const count = (j: number) =>
    Math.exp(logGamma(r + j) - logGamma(r) - logGamma(j + 1) + logStay + j * logBuy);
  const active = Math.exp(logBeta(a, b + n) - logBeta(a, b)) * count(n);
  if (n === 0) return active;
  let fewer = 0;
  for (let j = 0; j < n; j++) fewer += count(j);
  return active + Math.exp(logBeta(a + 1, b + n - 1) - logBeta(a, b)) * (1 - fewer);
}
