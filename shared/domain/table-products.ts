import type { ReadColumn } from './table-columns.ts';

/** Names of a column of shares and one of counts. */
export type ShareAndCount = readonly [share: string, count: string];

/** A wider table would be made of little else than products: it gets none. */
const MOST_PRODUCTS = 50;

/**
 * Pairs of a share and a count: their product is the number of cases that the share is of (an exit
 * rate times the pages seen is the exits), which trees cannot make of the two by few splits. A share
 * lies in 0 to 1 and is not always whole; a count is whole, 0 in some row and above 1 in another.
 */
export function sharesOfCounts(columns: readonly ReadColumn[]): readonly ShareAndCount[] {
  const named = (test: (values: Float32Array) => boolean) =>
    columns.flatMap((column) =>
      'numbers' in column && test(column.numbers.filter((value) => !Number.isNaN(value)))
        ? [column.name]
        : [],
    );
  const counts = named(isCount);
  const pairs = named(isShare).flatMap((share) => counts.map((count) => [share, count] as const));
  return pairs.length > MOST_PRODUCTS ? [] : pairs;
}

function isShare(values: Float32Array): boolean {
  return (
    values.every((value) => value >= 0 && value <= 1) &&
    values.some((value) => !Number.isInteger(value))
  );
}

function isCount(values: Float32Array): boolean {
  return (
    values.every((value) => value >= 0 && Number.isInteger(value)) &&
    values.includes(0) &&
    values.some((value) => value > 1)
  );
}

/** The columns and, behind them, the products of the pairs, missing where one of the two is. */
export function withProducts(
  columns: readonly ReadColumn[],
  pairs: readonly ShareAndCount[],
): readonly ReadColumn[] {
  const numbers = new Map(
    columns.flatMap((column) => ('numbers' in column ? [[column.name, column.numbers]] : [])),
  );
  const products = pairs.map(([share, count]) => {
    const factors = numbers.get(count) as Float32Array;
    return {
      name: `${share} × ${count}`,
      numbers: (numbers.get(share) as Float32Array).map(
        (value, row) => value * (factors[row] as number),
      ),
    };
  });
  return [...columns, ...products];
}
