/**
 * Adjusted p-values: below α exactly where the procedure rejects at level α. Each function takes
 * p-values in [0, 1] of tests of one family and returns as many, in the same order, in [0, 1].
 */

/** Family-wise error, any dependence. Source: Dunn (1961), "Multiple comparisons among means". */
export function bonferroni(pValues: readonly number[]): number[] {
  return pValues.map((p) => Math.min(1, pValues.length * p));
}

/** Family-wise error, independent tests. Source: Šidák (1967). */
export function sidak(pValues: readonly number[]): number[] {
  return pValues.map((p) => -Math.expm1(pValues.length * Math.log1p(-p)));
}

/**
 * Family-wise error, any dependence, never weaker than Bonferroni. Source: Holm (1979), "A simple
 * sequentially rejective multiple test procedure".
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [rank, test] of ascending(pValues).entries()) {
    largest = Math.max(largest, (pValues.length - rank) * (pValues[test] as number));
    adjusted[test] = Math.min(1, largest);
  }
  return adjusted;
}

/**
 * False discovery rate, independent or positively dependent tests. Source: Benjamini & Hochberg (1995),
 * "Controlling the false discovery rate".
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  return stepUp(pValues, 1);
}

/**
 * False discovery rate, any dependence. Source: Benjamini & Yekutieli (2001), "The control of the false
 * discovery rate in multiple testing under dependency".
 */
export function benjaminiYekutieli(pValues: readonly number[]): number[] {
  return stepUp(
    pValues,
    pValues.reduce((sum, _, index) => sum + 1 / (index + 1), 0),
  );
}

function stepUp(pValues: readonly number[], factor: number): number[] {
  const adjusted = new Array<number>(pValues.length);
  let least = 1;
  for (const [rank, test] of [...ascending(pValues).entries()].reverse()) {
    least = Math.min(least, ((factor * pValues.length) / (rank + 1)) * (pValues[test] as number));
    adjusted[test] = least;
  }
  return adjusted;
}

function ascending(values: readonly number[]): readonly number[] {
  return values
    .map((_, index) => index)
    .sort((a, b) => (values[a] as number) - (values[b] as number));
}
