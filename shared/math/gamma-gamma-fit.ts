import { minimizeBfgs } from './bfgs.ts';
import { digamma } from './digamma.ts';
import type { GammaGamma } from './gamma-gamma.ts';
import { logGamma } from './log-gamma.ts';
import { addShoulders, type Shoulder } from './log-shoulder.ts';

/** Repeat purchases x ≥ 1 and their mean spend m > 0, by customer. */
export interface Spends {
  readonly x: Float64Array;
  readonly m: Float64Array;
}

export interface GammaGammaFit {
  readonly model: GammaGamma;
  readonly logLikelihood: number;
  readonly converged: boolean;
  readonly diagnosis: readonly GammaGammaDiagnosis[];
  /** `prior`: parameters at the edge of their weak prior stand in for what the data do not tell. */
  readonly fallback: 'prior' | null;
}

type GammaGammaDiagnosis = 'no-spend' | 'nobody-repeats' | 'at-the-edge' | 'not-converged';

/**
 * Log-likelihood of mean spends, by the formula of the source's eq. 3, summed in log space.
 * @param gradient takes the derivatives by p, q and v
 */
export function gammaGammaLogLikelihood(
  { p, q, v }: GammaGamma,
  { x, m }: Spends,
  gradient: Float64Array = new Float64Array(3),
): number {
  let [sum, byP, byQ, byV] = [0, 0, 0, 0];
  const [logV, logGammaQ, psiQ] = [Math.log(v), logGamma(q), digamma(q)];
  const shared = new Map<number, { value: number; byP: number; byQ: number }>();
  for (let row = 0; row < x.length; row++) {
    const n = x[row] as number;
    const mean = m[row] as number;
    let own = shared.get(n);
    if (own === undefined) {
      const [psiSum, psiOwn, logN] = [digamma(p * n + q), digamma(p * n), Math.log(n)];
      own = {
        value: logGamma(p * n + q) - logGamma(p * n) - logGammaQ + q * logV + p * n * logN,
        byP: n * (psiSum - psiOwn + logN),
        byQ: psiSum - psiQ + logV,
      };
      shared.set(n, own);
    }
    const [logMean, total] = [Math.log(mean), n * mean + v];
    const logTotal = Math.log(total);
    sum += own.value + (p * n - 1) * logMean - (p * n + q) * logTotal;
    byP += own.byP + n * (logMean - logTotal);
    byQ += own.byQ - logTotal;
    byV += q / v - (p * n + q) / total;
  }
  gradient.set([byP, byQ, byV]);
  return sum;
}

/** Of p, q − 1 and v, which is in mean spends. */
const PRIOR: readonly Shoulder[] = [
  { from: 0.05, to: 500 },
  { from: 0.05, to: 500 },
  { from: 0.001, to: 1000 },
];

const STARTS = [
  [1, 1, 1],
  [6, 2.5, 0.4],
  [0.5, 3, 4],
] as const;

/**
 * Maximum likelihood from several starts, in the logarithms of p, q − 1 (so that the mean is finite)
 * and v, under a prior that is flat wherever the data speak. It always answers.
 * @param spends without any, the answer is a prior around a mean spend of 1
 */
export function fitGammaGamma(spends: Spends): GammaGammaFit {
  const { x, m } = spends;
  if (x.length === 0)
    return {
      model: { p: 1, q: 2, v: 1 },
      logLikelihood: 0,
      converged: true,
      diagnosis: ['no-spend'],
      fallback: 'prior',
    };
  const scale = m.reduce((sum, one) => sum + one, 0) / m.length;
  const scaled = { x, m: m.map((one) => one / scale) };
  const modelAt = ([p = 0, q = 0, v = 0]: readonly number[]) => ({ p, q: 1 + q, v });
  const objective = (point: Float64Array, gradient: Float64Array) => {
    const values = Array.from(point, Math.exp);
    const value = -gammaGammaLogLikelihood(modelAt(values), scaled, gradient) / x.length;
    for (const [i, one] of values.entries())
      gradient[i] = (-(gradient[i] as number) * one) / x.length;
    return value + addShoulders(PRIOR, point, gradient);
  };
  const { point, converged } = STARTS.map((start) =>
    minimizeBfgs(objective, start.map(Math.log)),
  ).reduce((one, other) => (other.value < one.value ? other : one));
  const inMeans = modelAt(Array.from(point, Math.exp));
  const model = { ...inMeans, v: inMeans.v * scale };
  const edge = PRIOR.some(
    ({ from, to }, i) =>
      (point[i] as number) <= Math.log(from) || (point[i] as number) >= Math.log(to),
  );
  return {
    model,
    logLikelihood: gammaGammaLogLikelihood(model, spends),
    converged,
    diagnosis: [
      ...(edge ? (['at-the-edge'] as const) : []),
      ...(converged ? [] : (['not-converged'] as const)),
    ],
    fallback: edge ? 'prior' : null,
  };
}
