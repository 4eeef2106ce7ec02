import { NotEnoughData } from '../errors.ts';
import { quantile } from '../math/quantile.ts';
import type { PrefixRows } from './prefix-rows.ts';

/**
 * Cuts rows into consecutive slices of time by the start of their session, so that no session is in
 * two slices. Censored rows are left out.
 *
 * @param chosen the rows to cut
 * @param shares share of the rows for each slice, the earliest first; they add up to 1
 * @returns row numbers of each slice, in row order
 * @throws NotEnoughData when every row is censored
 */
export function timeSlices<Name extends string>(
  rows: PrefixRows,
  chosen: ArrayLike<number>,
  shares: Readonly<Record<Name, number>>,
): { readonly [name in Name]: Uint32Array } {
  const usable = Uint32Array.from(chosen).filter((row) => rows.censored[row] === 0);
  const starts = Float64Array.from(usable, (row) => rows.sessionStart[row] as number).sort();
  if (starts.length === 0)
    throw new NotEnoughData(
      'no session is known to be over: import more events or widen the time range',
    );
  const slices = {} as { [name in Name]: Uint32Array };
  let passed = 0;
  for (const name of Object.keys(shares) as Name[]) {
    const from = passed === 0 ? Number.NEGATIVE_INFINITY : quantile(starts, passed);
    passed += shares[name];
    const to = passed > 1 - 1e-9 ? Number.POSITIVE_INFINITY : quantile(starts, passed);
    slices[name] = usable.filter((row) => {
      const start = rows.sessionStart[row] as number;
      return start >= from && start < to;
    });
  }
  return slices;
}
