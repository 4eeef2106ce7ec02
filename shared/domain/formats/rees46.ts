import { nameBasedId } from '../event-id.ts';
import { type Cells, fault, type MappedRow, type TableFormat } from './source-format.ts';

const EVENT_TYPES: Readonly<Record<string, string>> = {
  view: 'product_view',
  cart: 'add_to_cart',
  remove_from_cart: 'remove_from_cart',
  purchase: 'purchase',
};

/**
 * The columns in the published order: a row's content in this order names the event, so that a
 * repeated row is a duplicate.
 */
const COLUMNS = [
  'event_time',
  'event_type',
  'product_id',
  'category_id',
  'category_code',
  'brand',
  'price',
  'user_id',
  'user_session',
] as const;

/**
 * The REES46 event log. Ids stay text: `category_id` is above 2^53. A price of 0 stands for an
 * unknown one and becomes missing. Purchase lines of one user in one second are one order.
 */
export const rees46: TableFormat = { syntax: 'csv', columns: COLUMNS, event: fromCells };

function fromCells(cells: Cells): MappedRow {
  const { event_time = '', event_type: name = '', user_id = '', user_session = '' } = cells;
  const { product_id = '', category_code = '', brand = '', price = '' } = cells;
  const at = utcTime(event_time);
  if (at === null) {
    return fault(
      'invalid_timestamp',
      'event_time',
      `${JSON.stringify(event_time)} is no time like 2019-10-01 00:00:00 UTC`,
    );
  }
  const event_type = Object.hasOwn(EVENT_TYPES, name) ? EVENT_TYPES[name] : undefined;
  if (event_type === undefined) {
    return fault(
      'unknown_event_type',
      'event_type',
      `${JSON.stringify(name)} is none of ${Object.keys(EVENT_TYPES).join(', ')}`,
    );
  }
  if (user_id === '') return fault('missing_value', 'user_id', 'the row names no user');
  if (product_id === '') return fault('missing_value', 'product_id', 'the row names no product');
  if (!/^(?:-?\d+(?:\.\d+)?)?$/.test(price)) {
    return fault('invalid_price', 'price', `${JSON.stringify(price)} is no decimal number`);
  }
  const time = new Date(at).toISOString();
  const event = {
    event_id: nameBasedId(`rees46 ${JSON.stringify(COLUMNS.map((column) => cells[column]))}`),
    event_type,
    event_timestamp: time,
    received_at: time,
    user_id,
    session_id: user_session || null,
    product_id,
    product_category: category_code || 'unknown',
    brand: brand || null,
    price: Number(price) || null,
    ...(event_type === 'purchase' ? { order_id: `${user_id}-${at}` } : {}),
  };
  const oddities: string[] = [];
  if (category_code === '') oddities.push('category_missing');
  if (brand === '') oddities.push('brand_missing');
  if (price === '') oddities.push('price_missing');
  else if (Number(price) === 0) oddities.push('price_zero');
  if (user_session === '') oddities.push('session_missing');
  if (event_type === 'purchase') oddities.push('order_id_derived');
  return { event, at, oddities };
}

/** Epoch milliseconds of `YYYY-MM-DD HH:MM:SS UTC`, or null (also for a 31 June or 25:00). */
function utcTime(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} UTC$/.test(text)) return null;
  const iso = `${text.slice(0, 10)}T${text.slice(11, 19)}.000Z`;
  const at = Date.parse(iso);
  return Number.isNaN(at) || new Date(at).toISOString() !== iso ? null : at;
}
