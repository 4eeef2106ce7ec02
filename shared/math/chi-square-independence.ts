import { type ChiSquareTest, chiSquareTest } from './chi-square-test.ts';

export interface IndependenceTest {
  /** Pearson's Σ (O − E)² / E, without correction. */
  readonly pearson: ChiSquareTest;
  /** Likelihood ratio 2 · Σ O · ln(O / E). */
  readonly likelihoodRatio: ChiSquareTest;
  /** Yates: |O − E| reduced by up to ½; only of two rows and two columns. */
  readonly yates?: ChiSquareTest;
  /** Strength of the association in [0, 1]. */
  readonly cramersV: number;
  readonly expectedCounts: readonly (readonly number[])[];
}

/**
 * Tests of whether the rows and columns of a table of counts are independent.
 *
 * Source: Agresti, "Categorical Data Analysis", 3.2; Cramér (1946), "Mathematical Methods of
 * Statistics", 21.9.
 * @param table counts, at least two rows and two columns
 * @returns null when a row or a column is empty, which says nothing about the other side
 */
export function chiSquareIndependence(
  table: readonly (readonly number[])[],
): IndependenceTest | null {
  const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);
  const rows = table.map(sum);
  const columns = (table[0] ?? []).map((_, column) =>
    sum(table.map((row) => row[column] as number)),
  );
  if (rows.includes(0) || columns.includes(0)) return null;
  const total = sum(rows);
  const expectedCounts = rows.map((row) => columns.map((column) => (row * column) / total));
  const df = (rows.length - 1) * (columns.length - 1);
  const test = (term: (observed: number, expected: number) => number) =>
    chiSquareTest(
      sum(table.flatMap((row, i) => row.map((o, j) => term(o, expectedCounts[i]?.[j] as number)))),
      df,
    );
  const pearson = test((observed, expected) => (observed - expected) ** 2 / expected);
  return {
    pearson,
    likelihoodRatio: test((observed, expected) =>
      observed === 0 ? 0 : 2 * observed * Math.log(observed / expected),
    ),
    ...(rows.length === 2 && columns.length === 2 && { yates: test(yatesTerm) }),
    cramersV: Math.sqrt(pearson.statistic / total / (Math.min(rows.length, columns.length) - 1)),
    expectedCounts,
  };
}

function yatesTerm(observed: number, expected: number): number {
  const distance = Math.abs(observed - expected);
  return (distance - Math.min(0.5, distance)) ** 2 / expected;
}
