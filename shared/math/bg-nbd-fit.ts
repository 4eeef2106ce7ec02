import { minimizeBfgs } from './bfgs.ts';
import type { BgNbd } from './bg-nbd.ts';
import { bgNbdLogLikelihood, type GroupedRepeats } from './bg-nbd-likelihood.ts';
import { addShoulders, type Shoulder } from './log-shoulder.ts';

export interface BgNbdFit {
  readonly model: BgNbd;
  readonly logLikelihood: number;
  readonly converged: boolean;
  /** What the data do not tell, in codes; empty for a regular fit. */
  readonly diagnosis: readonly BgNbdDiagnosis[];
  /**
   * What stands in for what the data do not tell: parameters at the edge of their weak prior, or the
   * negative binomial in which nobody leaves.
   */
  readonly fallback: 'prior' | 'nobody-leaves' | null;
}

type BgNbdDiagnosis =
  | 'no-customers'
  | 'nobody-repeats'
  | 'rates-at-the-edge'
  | 'dropout-at-the-edge'
  | 'dropout-not-seen'
  | 'not-converged';

/**
 * The weak prior: flat in the logarithm between these, steep beyond. `alpha` is in mean observed
 * times. A b of 182 was fitted on real data, where any b above 30 was as likely.
 */
const PRIOR: Readonly<Record<keyof BgNbd, Shoulder>> = {
  r: { from: 0.01, to: 100 },
  alpha: { from: 0.001, to: 1000 },
  a: { from: 0.01, to: 30 },
  b: { from: 0.01, to: 100 },
};

/** r, alpha (in mean observed times), a, b. */
const STARTS = [
  [0.3, 0.15, 0.8, 2.5],
  [1, 1, 1, 4],
  [0.8, 0.3, 0.1, 5],
  [3, 2, 0.5, 0.5],
] as const;
const GROUPS_OF_A_START = 4000;

/** Twice the gain in log-likelihood that dropout must bring: the 5 % point of χ² with 2 degrees. */
const DROPOUT_GAIN = 5.99;

/**
 * Maximum likelihood from several starts, in the logarithms of the parameters, under a prior that is
 * flat wherever the data speak. It always answers: see `diagnosis` and `fallback`.
 * @param groups from `groupRepeats`
 */
export function fitBgNbd(groups: GroupedRepeats): BgNbdFit {
  const scale = meanObserved(groups);
  if (!(scale > 0)) return unknown('no-customers', 1);
  if (!groups.x.some((x) => x > 0)) return unknown('nobody-repeats', scale, groups);

  const few = thinned(groups);
  const begun = STARTS.map((start) => minimizeBfgs(objective(few, scale), start.map(Math.log)));
  const best = begun.reduce((one, other) => (other.value < one.value ? other : one));
  const { point, converged } = minimizeBfgs(objective(groups, scale), best.point);
  const model = modelAt(point, scale);
  const logLikelihood = bgNbdLogLikelihood(model, groups);

  const staying = fitStaying(groups, scale);
  if (2 * (logLikelihood - staying.logLikelihood) < DROPOUT_GAIN)
    return {
      ...staying,
      diagnosis: ['dropout-not-seen', ...(staying.converged ? [] : NOT_CONVERGED)],
      fallback: 'nobody-leaves',
    };
  const edges: BgNbdDiagnosis[] = [
    ...(atEdge(point[0], PRIOR.r) || atEdge(point[1], PRIOR.alpha)
      ? (['rates-at-the-edge'] as const)
      : []),
    ...(atEdge(point[2], PRIOR.a) || atEdge(point[3], PRIOR.b)
      ? (['dropout-at-the-edge'] as const)
      : []),
  ];
  return {
    model,
    logLikelihood,
    converged,
    diagnosis: converged ? edges : [...edges, ...NOT_CONVERGED],
    fallback: edges.length > 0 ? 'prior' : null,
  };
}

const NOT_CONVERGED = ['not-converged'] as const;

const atEdge = (logarithm: number | undefined, { from, to }: Shoulder) =>
  (logarithm as number) <= Math.log(from) || (logarithm as number) >= Math.log(to);

function modelAt(point: ArrayLike<number>, scale: number): BgNbd {
  const [r = 0, alpha = 0, a = 0, b = 0] = Array.from(point, Math.exp);
  return { r, alpha: alpha * scale, a, b };
}

function objective(groups: GroupedRepeats, scale: number) {
  const total = groups.count.reduce((sum, one) => sum + one, 0);
  return (point: Float64Array, gradient: Float64Array) => {
    const model = modelAt(point, scale);
    const value = -bgNbdLogLikelihood(model, groups, gradient) / total;
    for (const [i, one] of [model.r, model.alpha, model.a, model.b].entries())
      gradient[i] = (-(gradient[i] as number) * one) / total;
    return value + addShoulders(Object.values(PRIOR), point, gradient);
  };
}

/** The same without dropout: a = 0, so that only r and alpha are left. */
function fitStaying(groups: GroupedRepeats, scale: number) {
  const total = groups.count.reduce((sum, one) => sum + one, 0);
  const derivatives = new Float64Array(4);
  const { point, converged } = minimizeBfgs(
    (at, gradient) => {
      const model = { ...modelAt(at, scale), ...STAYING };
      const value = -bgNbdLogLikelihood(model, groups, derivatives) / total;
      gradient[0] = (-(derivatives[0] as number) * model.r) / total;
      gradient[1] = (-(derivatives[1] as number) * model.alpha) / total;
      return value + addShoulders([PRIOR.r, PRIOR.alpha], at, gradient);
    },
    [0, 0],
  );
  const { r, alpha } = modelAt(point, scale);
  const model = { r, alpha, a: 0, b: 2 };
  return { model, logLikelihood: bgNbdLogLikelihood({ ...model, ...STAYING }, groups), converged };
}

/** So small a dropout that the likelihood is that of none. */
const STAYING = { a: 1e-12, b: 2 };

function unknown(
  diagnosis: 'no-customers' | 'nobody-repeats',
  scale: number,
  groups?: GroupedRepeats,
): BgNbdFit {
  const model = { r: PRIOR.r.from, alpha: scale, a: 1, b: 4 };
  const logLikelihood = groups === undefined ? 0 : bgNbdLogLikelihood(model, groups);
  return { model, logLikelihood, converged: true, diagnosis: [diagnosis], fallback: 'prior' };
}

function meanObserved({ T, count }: GroupedRepeats): number {
  let [sum, customers] = [0, 0];
  for (let group = 0; group < T.length; group++) {
    sum += (T[group] as number) * (count[group] as number);
    customers += count[group] as number;
  }
  return customers === 0 ? 0 : sum / customers;
}

/** Evenly spaced groups: enough to find the region of the maximum. */
function thinned(groups: GroupedRepeats): GroupedRepeats {
  const every = Math.ceil(groups.x.length / GROUPS_OF_A_START);
  const kept = (values: Float64Array) => values.filter((_, group) => group % every === 0);
  return {
    x: kept(groups.x),
    tx: kept(groups.tx),
    T: kept(groups.T),
    count: kept(groups.count),
  };
}
