import { decimal, timestamp } from './cell-values.ts';
import type { OrderFormat } from './order-line.ts';

/** A table of payments: customer, date, amount; a negative amount is a refund. */
export const transactions: OrderFormat = {
  columns: [
    ['customer_id', 'id', 'customer', 'user_id'],
    ['date', 'order_date', 'timestamp', 'event_timestamp'],
    ['amount', 'value', 'revenue', 'spend'],
  ],
  optional: [['order_id', 'order'], ['currency'], ['country']],
  line([id = '', date = '', cell = '', named = '', , country = '']) {
    const customer = id.trim();
    const at = timestamp(date);
    const amount = decimal(cell);
    if (customer === '') return { dropped: 'no_customer' };
    if (at === null) return { dropped: 'unreadable_date' };
    if (amount === null) return { dropped: 'unreadable_amount' };
    return {
      customer,
      order: named.trim() || `${customer} ${date.trim()}`,
      at,
      product: 'purchase',
      quantity: 1,
      value: Math.abs(amount),
      cancels: amount < 0,
      country: country.trim() || null,
    };
  },
};
