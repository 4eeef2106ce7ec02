import type { OrderRow } from '../../ports.ts';
import type { ImportedOrder, OrderSource } from '../../schemas/order-source.ts';
import { type PseudonymKeyRing, pseudonymise } from '../identity.ts';
import { decimal } from './cell-values.ts';

/** A row that is no order, with the reason (a stable code); kept so that it can be mended. */
export interface RefusedRow {
  readonly refused: string;
  readonly row: OrderRow;
}

/**
 * A row of a shop's order table as a line of the lake. The customer becomes a pseudonym here, in
 * refused rows too.
 * @param now epoch milliseconds; orders dated later are refused
 */
export function tableOrder(
  row: OrderRow,
  source: OrderSource,
  ring: PseudonymKeyRing,
  now: number,
): ImportedOrder | RefusedRow {
  const customer = row.customer?.trim() || null;
  const user = customer === null ? null : pseudonymise(ring, customer);
  const refuse = (refused: string) => ({ refused, row: { ...row, customer: user } });
  const amount = row.amount === null ? null : decimal(row.amount);
  const currency = row.currency?.trim().toUpperCase() ?? source.currency;
  const state = source.columns.status === undefined ? 'bought' : source.statuses[row.status ?? ''];
  if (user === null) return refuse('no_customer');
  const at = Date.parse(row.date ?? '');
  if (row.date === null || Number.isNaN(at)) return refuse('unreadable_date');
  if (at > now) return refuse('date_in_the_future');
  if (amount === null) return refuse('unreadable_amount');
  if (currency !== source.currency) return refuse('other_currency');
  if (state === undefined) return refuse('unknown_status');
  return {
    source: source.name,
    order_id: row.order,
    user_id: user,
    order_date: `${row.date.slice(0, 23)}Z`,
    amount,
    currency,
    state,
    updated_at: row.updated,
  };
}
