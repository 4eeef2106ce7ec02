import { quantile } from '../math/quantile.ts';
import type { PrefixRows } from './prefix-rows.ts';

export type TimeSlices<Name extends string> = { readonly [name in Name]: Uint32Array };

/**
 * Cuts rows into consecutive slices of time that share no session: a session belongs to a slice if
 * it begins and ends in it, one across a boundary to none, so no slice knows how a session of
 * another one went on. Censored rows are left out.
 *
 * @param chosen the rows to cut
 * @param shares share of the rows' time order for each slice, in order; they add up to 1
 * @returns row numbers of each slice, in row order
 */
export function timeSlices<Name extends string>(
  rows: PrefixRows,
  chosen: ArrayLike<number>,
  shares: Readonly<Record<Name, number>>,
): TimeSlices<Name> {
  const times = Float64Array.from(chosen, (row) => rows.time[row] as number).sort();
  const slices = {} as { [name in Name]: Uint32Array };
  let passed = 0;
  for (const name of Object.keys(shares) as Name[]) {
    const from = passed === 0 ? Number.NEGATIVE_INFINITY : quantile(times, passed);
    passed += shares[name];
    const to = passed > 1 - 1e-9 ? Number.POSITIVE_INFINITY : quantile(times, passed);
    slices[name] = Uint32Array.from(chosen).filter(
      (row) =>
        rows.censored[row] === 0 &&
        (rows.sessionStart[row] as number) >= from &&
        (rows.sessionEnd[row] as number) < to,
    );
  }
  return slices;
}
