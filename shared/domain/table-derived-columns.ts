import type { ReadColumn } from './table-columns.ts';

/** A column made of others, which trees cannot make of them by few splits. */
export type DerivedColumn =
  | { readonly name: string; readonly kind: 'total'; readonly of: readonly string[] }
  | {
      readonly name: string;
      readonly kind: 'product' | 'ratio';
      readonly of: readonly [first: string, second: string];
    };

/** A wider table would be made of little else than ratios or products: it gets none of the kind. */
const MOST_OF_A_KIND = 50;

type NumberColumn = Extract<ReadColumn, { numbers: Float32Array }>;

/**
 * What counts, shares and amounts say together:
 * - the total of all counts (of pages of every kind);
 * - of each share and that total the product, the number of cases that the share is of (an exit rate
 *   times the pages seen is the exits);
 * - of an amount and its count the ratio (seconds a page). They belong together where the amount is
 *   0 in every row in which the count is.
 *
 * A count is whole, 0 in some row and above 1 in another; a share lies in 0 to 1, an amount from 0,
 * and neither is always whole.
 */
export function derivedColumns(columns: readonly ReadColumn[]): readonly DerivedColumn[] {
  const numbers = columns.filter((column): column is NumberColumn => 'numbers' in column);
  const counts = numbers.filter(isCount);
  if (counts.length === 0) return [];
  const shares = numbers.filter(isShare);
  const amounts = numbers.filter((column) => isAmount(column) && !shares.includes(column));
  const of = counts.map(({ name }) => name);
  const [only] = of;
  const name = of.length === 1 ? (only as string) : `total of ${of.length} counts`;
  const total = { name, kind: 'total', of } as const;
  const products = shares.map(
    (share) =>
      ({
        name: `${share.name} × ${name}`,
        kind: 'product',
        of: [share.name, name],
      }) as const,
  );
  const ratios = amounts.flatMap((amount) =>
    counts
      .filter((count) => belongTogether(amount, count))
      .map(
        (count) =>
          ({
            name: `${amount.name} / ${count.name}`,
            kind: 'ratio',
            of: [amount.name, count.name],
          }) as const,
      ),
  );
  return [...(of.length > 1 ? [total] : []), ...fewEnough(products), ...fewEnough(ratios)];
}

function fewEnough(derived: readonly DerivedColumn[]): readonly DerivedColumn[] {
  return derived.length > MOST_OF_A_KIND ? [] : derived;
}

function isCount({ numbers }: NumberColumn): boolean {
  return (
    numbers.every((value) => Number.isNaN(value) || (value >= 0 && Number.isInteger(value))) &&
    numbers.includes(0) &&
    numbers.some((value) => value > 1)
  );
}

function isAmount({ numbers }: NumberColumn): boolean {
  return (
    numbers.every((value) => Number.isNaN(value) || value >= 0) &&
    numbers.some((value) => !Number.isNaN(value) && !Number.isInteger(value))
  );
}

function isShare(column: NumberColumn): boolean {
  return isAmount(column) && !column.numbers.some((value) => value > 1);
}

function belongTogether({ numbers: amounts }: NumberColumn, { numbers: counts }: NumberColumn) {
  return counts.every((count, row) => count !== 0 || amounts[row] === 0);
}

/** The columns and, behind them, the derived ones: missing where a part is, or a ratio is of 0. */
export function withDerived(
  columns: readonly ReadColumn[],
  derived: readonly DerivedColumn[],
): readonly ReadColumn[] {
  const numbers = new Map(
    columns.flatMap((column) => ('numbers' in column ? [[column.name, column.numbers]] : [])),
  );
  const made = derived.map(({ name, kind, of }) => {
    const parts = of.map((part) => numbers.get(part) as Float32Array);
    const first = parts[0] as Float32Array;
    const values = first.map((value, row) => {
      const others = parts.slice(1).map((part) => part[row] as number);
      if (kind === 'total') return others.reduce((sum, other) => sum + other, value);
      const [other] = others as [number];
      if (kind === 'product') return value * other;
      return other === 0 ? Number.NaN : value / other;
    });
    numbers.set(name, values);
    return { name, numbers: values };
  });
  return [...columns, ...made];
}
