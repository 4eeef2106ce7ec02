export interface TargetEncoding {
  /** Mean target of all rows, and the encoding of a category not seen. */
  readonly prior: number;
  readonly encoding: ReadonlyMap<string, number>;
}

/**
 * The mean target of each category, drawn to that of all rows as `smoothing` rows of it would:
 * (Σ y + smoothing · prior) / (count + smoothing).
 *
 * Source: Micci-Barreca (2001), "A preprocessing scheme for high-cardinality categorical attributes".
 * @param categories one for each row, at least one row
 * @param targets finite, as many
 * @param smoothing ≥ 0, in rows
 */
export function targetEncoding(
  categories: readonly string[],
  targets: ArrayLike<number>,
  smoothing: number,
): TargetEncoding {
  const sums = new Map<string, { count: number; target: number }>();
  let total = 0;
  for (const [row, category] of categories.entries()) {
    const sum = sums.get(category) ?? { count: 0, target: 0 };
    sum.count++;
    sum.target += targets[row] as number;
    total += targets[row] as number;
    sums.set(category, sum);
  }
  const prior = total / categories.length;
  return {
    prior,
    encoding: new Map(
      [...sums].map(([category, { count, target }]) => [
        category,
        (target + smoothing * prior) / (count + smoothing),
      ]),
    ),
  };
}
