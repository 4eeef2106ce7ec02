import { kolmogorovSurvival } from './kolmogorov-distribution.ts';

/**
 * The asymptotic probability that two samples of one continuous distribution differ by this
 * Kolmogorov–Smirnov statistic or more.
 *
 * Source: Smirnov (1948), "Table for estimating the goodness of fit of empirical distributions".
 * @param statistic in [0, 1]
 * @param n1 size of one sample, > 0
 * @param n2 size of the other
 */
export function kolmogorovSmirnovPValue(statistic: number, n1: number, n2: number): number {
  return kolmogorovSurvival(Math.sqrt((n1 * n2) / (n1 + n2)) * statistic);
}
