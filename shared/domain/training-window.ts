import { NotEnoughData } from '../errors.ts';
import { DAY_MS } from '../features/day-tiles.ts';
import type { PrefixRows } from './prefix-rows.ts';
import { timeSlices } from './time-slices.ts';

/** Which rows a training uses, and for what. */
export interface WindowRules {
  /** Only sessions that began in the last so many days; null: all. */
  readonly days: number | null;
  /** Later sessions of users who were fitted or calibrated on are not evaluated. */
  readonly groupUsers: boolean;
  /** Where the days hold fewer buying sessions, it reaches back until it has so many; never where it is absent. */
  readonly leastBuying?: number;
}

export interface TrainingWindow {
  readonly fit: Uint32Array;
  readonly calibrate: Uint32Array;
  readonly later: Uint32Array;
  /** As a manifest records it; times are ISO 8601, of the first session of a slice. */
  readonly recorded: {
    readonly window_days: number | 'all';
    /** From the first session to the last one. */
    readonly window_days_used: number;
    readonly window_least_buying: number;
    readonly group_users: boolean;
    readonly fit_from: string;
    readonly calibrate_from: string;
    readonly evaluate_from: string;
    readonly evaluate_to: string;
  };
}

export const DEFAULT_WINDOW: WindowRules = { days: 28, groupUsers: false, leastBuying: 3000 };

const WHOLE_RANGE: WindowRules = { days: null, groupUsers: false };

/**
 * What was asked for as rules; undefined for the default ones.
 * @param days how far back sessions count
 * @param bounded whether a beginning was asked for: then all from there on are used
 */
export function windowRules(
  days: number | 'all' | undefined,
  groupUsers: boolean,
  bounded: boolean,
): WindowRules | undefined {
  if (days !== undefined) return { days: days === 'all' ? null : days, groupUsers };
  if (bounded) return { ...WHOLE_RANGE, groupUsers };
  return groupUsers ? { ...DEFAULT_WINDOW, groupUsers } : undefined;
}

const SHARES = { fit: 0.6, calibrate: 0.2, later: 0.2 } as const;

/**
 * The newest sessions, cut by time: the earliest 60 % of their rows are fitted, the next 20 %
 * calibrate, the last 20 % evaluate. A session lies in the slice in which it begins. Where the
 * events reach back less far than the window, all are used.
 *
 * @param chosen rows to cut, e.g. those of a part
 * @throws NotEnoughData
 */
export function trainingWindow(
  rows: PrefixRows,
  chosen: Uint32Array,
  { days, groupUsers, leastBuying = 0 }: WindowRules,
): TrainingWindow {
  const startOf = (row: number) => rows.sessionStart[row] as number;
  const closed = chosen.filter((row) => rows.censored[row] === 0);
  const newest = closed.reduce((latest, row) => Math.max(latest, startOf(row)), -Infinity);
  const begins =
    days === null
      ? -Infinity
      : Math.min(newest - days * DAY_MS, beforeBuying(rows, closed, leastBuying));
  const slices = timeSlices(
    rows,
    chosen.filter((row) => startOf(row) > begins),
    SHARES,
  );
  const used = new Set([...slices.fit, ...slices.calibrate].map((row) => rows.unit[row]));
  const later = groupUsers
    ? slices.later.filter((row) => !used.has(rows.unit[row] as number))
    : slices.later;
  if (later.length === 0)
    throw new NotEnoughData(
      'no later session is left to evaluate: widen the window, import more events, or do not group users',
    );
  const first = (slice: Uint32Array) =>
    slice.reduce((least, row) => Math.min(least, startOf(row)), Number.POSITIVE_INFINITY);
  const time = (at: number) => (Number.isFinite(at) ? new Date(at).toISOString() : '');
  const from = first(slices.fit);
  return {
    fit: slices.fit,
    calibrate: slices.calibrate,
    later,
    recorded: {
      window_days: days ?? 'all',
      window_least_buying: leastBuying,
      window_days_used: Number(((newest - from) / DAY_MS).toFixed(2)),
      group_users: groupUsers,
      fit_from: time(from),
      calibrate_from: time(first(slices.calibrate)),
      evaluate_from: time(first(later)),
      evaluate_to: time(newest),
    },
  };
}

/** Just before the session of which so many buying ones are the newest; the first time for fewer. */
function beforeBuying(rows: PrefixRows, chosen: Uint32Array, count: number): number {
  if (count === 0) return Number.POSITIVE_INFINITY;
  const starts = new Map<number, number>();
  for (const row of chosen)
    if (rows.label[row] === 1)
      starts.set(rows.session[row] as number, rows.sessionStart[row] as number);
  const newestFirst = Float64Array.from(starts.values()).sort().reverse();
  return (newestFirst[count - 1] ?? Number.NEGATIVE_INFINITY) - 1;
}
