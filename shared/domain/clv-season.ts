import { DAY_MS, valueBetween } from './orders/customer-as-of.ts';
import type { OrderBook } from './orders/order-book.ts';

const YEAR_DAYS = 365;

/**
 * Sales a day in the coming horizon's months a year ago, relative to the whole last year: above 1
 * before a strong season. 1 where less than a year is known.
 * @param at epoch milliseconds; nothing from then on is used
 */
export function seasonFactor(
  { customers, from }: Pick<OrderBook, 'customers' | 'from'>,
  at: number,
  horizonDays: number,
): number {
  const yearAgo = at - YEAR_DAYS * DAY_MS;
  if (from > yearAgo) return 1;
  const days = Math.min(horizonDays, YEAR_DAYS);
  let [season, year] = [0, 0];
  for (const customer of customers) {
    season += valueBetween(customer, yearAgo, yearAgo + days * DAY_MS);
    year += valueBetween(customer, yearAgo, at);
  }
  return year === 0 ? 1 : season / days / (year / YEAR_DAYS);
}
