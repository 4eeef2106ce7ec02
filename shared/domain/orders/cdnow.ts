import { decimal, timestamp } from './cell-values.ts';
import type { MappedLine } from './order-line.ts';

/**
 * A line of a CDNOW file, fields apart by blanks: customer, date, CDs, dollars; of the sample with the
 * customer's number in it after the first field. A purchase of 0.00 counts as one.
 */
export function cdnowLine(text: string): MappedLine {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 4 && fields.length !== 5) return { dropped: 'field_count' };
  const customer = fields[0] as string;
  const [date = '', discs = '', dollars = ''] = fields.slice(-3);
  const at = timestamp(date);
  const [quantity, value] = [decimal(discs), decimal(dollars)];
  if (at === null) return { dropped: 'unreadable_date' };
  if (quantity === null) return { dropped: 'unreadable_quantity' };
  if (value === null || value < 0) return { dropped: 'unreadable_amount' };
  return {
    customer,
    order: `${customer} ${date}`,
    at,
    product: 'CD',
    quantity,
    value,
    cancels: false,
    country: null,
  };
}
