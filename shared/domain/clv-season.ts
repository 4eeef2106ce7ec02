import { DAY_MS } from './orders/customer-as-of.ts';
import type { OrderBook } from './orders/order-book.ts';

const YEAR_DAYS = 365;
const DIGITS = 6;

/** Sales of each day of a year relative to its mean day. */
export interface SeasonProfile {
  /** The first day, from 0 at 1970. */
  readonly from_day: number;
  readonly days: number[];
}

/**
 * What was sold on each day of the year before `at`; null where less than a year is known, or nothing
 * was sold in it.
 * @param at epoch milliseconds at midnight; nothing from then on is used
 */
export function seasonProfile(
  { customers, from }: Pick<OrderBook, 'customers' | 'from'>,
  at: number,
): SeasonProfile | null {
  const start = at - YEAR_DAYS * DAY_MS;
  if (from > start) return null;
  const sold = new Float64Array(YEAR_DAYS);
  for (const { orders } of customers)
    for (const order of orders) {
      if (order.at < start || order.at >= at) continue;
      let { value } = order;
      for (const cancelled of order.cancelled) if (cancelled.at < at) value -= cancelled.value;
      const day = Math.floor((order.at - start) / DAY_MS);
      sold[day] = (sold[day] as number) + value;
    }
  const days = sold.map((value) => Math.max(0, value));
  const mean = days.reduce((sum, value) => sum + value, 0) / YEAR_DAYS;
  if (mean === 0) return null;
  return {
    from_day: Math.floor(start / DAY_MS),
    days: Array.from(days, (value) => Number((value / mean).toPrecision(DIGITS))),
  };
}

/**
 * Sales a day in the coming horizon's days a year ago, relative to the whole year: above 1 before a
 * strong season. 1 where no year is known.
 * @param at epoch milliseconds
 */
export function seasonFactor(
  profile: SeasonProfile | null,
  at: number,
  horizonDays: number,
): number {
  if (profile === null) return 1;
  const { from_day, days } = profile;
  const first = Math.floor(at / DAY_MS) - from_day;
  let sum = 0;
  for (let day = first; day < first + horizonDays; day++)
    sum += days[((day % days.length) + days.length) % days.length] as number;
  return sum / horizonDays;
}
