import { SUM_UNITS } from './fold-plan.ts';
import { doubleLiteral, fieldSql } from './trino-fields.ts';

/**
 * Columns of `silver_orders` with their Trino types: what was bought and sent back, a row an order
 * and day of receipt. An order that goes on after midnight, or that is refunded later, has a row on
 * each of those days: who wants whole orders groups by `user_id`, `order_id` and `currency`.
 */
export const ORDER_COLUMNS = {
  /** The shop's; of a purchase or refund without one, its event id. */
  order_id: 'VARCHAR',
  /** Who was linked to the visitor then; null of a guest. */
  user_id: 'VARCHAR',
  visitor: 'VARCHAR',
  /** Earliest line of that day by its own time, epoch milliseconds. */
  order_time: 'BIGINT',
  /** Latest receipt of a line of that day, epoch milliseconds. */
  received_time: 'BIGINT',
  /** Bought less sent back: negative on a day of refunds alone. */
  net_amount: 'DOUBLE',
  gross_amount: 'DOUBLE',
  refunded_amount: 'DOUBLE',
  /** Lines bought: 0 on a day of refunds alone. */
  lines: 'BIGINT',
  refund_lines: 'BIGINT',
  /** Of both, those without a price: they add nothing to the amounts. */
  unpriced_lines: 'BIGINT',
  /** ISO 4217, or null; the lines of two currencies are two rows. */
  currency: 'VARCHAR',
} as const;

/** The orders of a day, from its `silver_steps`. Sums are of integers, as everywhere. */
export function trinoOrders(): string {
  const units = doubleLiteral(SUM_UNITS);
  const sumOf = (type: string) =>
    `coalesce(sum(round(amount * ${units})) FILTER (WHERE event_type = '${type}'), 0E0) / ${units}`;
  const linesOf = (type: string) => `count(*) FILTER (WHERE event_type = '${type}')`;
  return `SELECT order_id, user_id, visitor, order_time, received_time,
  (round(gross_amount * ${units}) - round(refunded_amount * ${units})) / ${units} AS net_amount,
  gross_amount, refunded_amount, lines, refund_lines, unpriced_lines, currency
FROM (
  SELECT order_id, user_id, visitor, currency,
    min(event_time) AS order_time,
    max(received_time) AS received_time,
    ${sumOf('purchase')} AS gross_amount,
    ${sumOf('refund')} AS refunded_amount,
    ${linesOf('purchase')} AS lines,
    ${linesOf('refund')} AS refund_lines,
    count(*) FILTER (WHERE amount IS NULL) AS unpriced_lines
  FROM (
    SELECT ${fieldSql('order')} AS order_id, coalesce(user_id, linked) AS user_id, visitor, currency,
      event_type, event_time, received_time, ${fieldSql('amount')} AS amount
    FROM silver_steps
    WHERE NOT is_carried AND event_type IN ('purchase', 'refund')
  ) bought
  GROUP BY order_id, user_id, visitor, currency
) orders
ORDER BY order_id, user_id, visitor, currency
`;
}
