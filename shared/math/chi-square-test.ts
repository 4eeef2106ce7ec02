import { chiSquareSurvival } from './chi-square-distribution.ts';

export interface ChiSquareTest {
  readonly statistic: number;
  /** Degrees of freedom. */
  readonly df: number;
  /** By the chi-square distribution, which holds for expected counts of about 5 or more. */
  readonly pValue: number;
}

/** What a statistic says that is chi-square distributed under the hypothesis. */
export function chiSquareTest(statistic: number, df: number): ChiSquareTest {
  return { statistic, df, pValue: chiSquareSurvival(statistic, df) };
}
