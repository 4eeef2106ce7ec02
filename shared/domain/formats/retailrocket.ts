import { nameBasedId } from '../event-id.ts';
import { type Cells, fault, type MappedRow, type TableFormat } from './source-format.ts';

const EVENT_TYPES: Readonly<Record<string, string>> = {
  view: 'product_view',
  addtocart: 'add_to_cart',
  transaction: 'purchase',
};

/** From here on a Unix time can only be in milliseconds (in seconds: the year 5138). */
const FIRST_MILLISECONDS = 1e11;
const EARLIEST = Date.UTC(2000, 0);
const LATEST = Date.UTC(2100, 0);
const DERIVED_ORDER: readonly string[] = ['order_id_derived'];
const NOTHING_ODD: readonly string[] = [];

/**
 * The RetailRocket event log, as published (`timestamp` in Unix milliseconds, `transactionid`) and
 * as prepared for research (Unix seconds, no `transactionid`). `visitorid` is both the visitor and
 * the user, because a purchase history needs a user. Lines of one purchase share the transaction
 * id; without one, a visitor's lines of one instant are one order.
 */
export const retailrocket: TableFormat = {
  syntax: 'csv',
  columns: ['timestamp', 'visitorid', 'event', 'itemid'],
  event: fromCells,
};

function fromCells(cells: Cells): MappedRow {
  const timestamp = cells['timestamp'] ?? '';
  const visitor = cells['visitorid'] ?? '';
  const item = cells['itemid'] ?? '';
  const name = cells['event'] ?? '';
  const transaction = cells['transactionid'] ?? '';
  const at = unixTime(timestamp);
  if (at === null) {
    return fault(
      'invalid_timestamp',
      'timestamp',
      `${JSON.stringify(timestamp)} is no Unix time in seconds or milliseconds from 2000 to 2099`,
    );
  }
  const event_type = Object.hasOwn(EVENT_TYPES, name) ? EVENT_TYPES[name] : undefined;
  if (event_type === undefined) {
    return fault(
      'unknown_event_type',
      'event',
      `${JSON.stringify(name)} is none of ${Object.keys(EVENT_TYPES).join(', ')}`,
    );
  }
  if (visitor === '') return fault('missing_value', 'visitorid', 'the row names no visitor');
  if (item === '') return fault('missing_value', 'itemid', 'the row names no item');
  const time = new Date(at).toISOString();
  const isPurchase = event_type === 'purchase';
  const event = {
    event_id: nameBasedId(`retailrocket ${JSON.stringify([at, visitor, name, item, transaction])}`),
    event_type,
    event_timestamp: time,
    received_at: time,
    anonymous_id: visitor,
    user_id: visitor,
    product_id: item,
    ...(isPurchase ? { order_id: transaction || `${visitor}-${at}` } : {}),
  };
  const oddities = isPurchase && transaction === '' ? DERIVED_ORDER : NOTHING_ODD;
  return { event, at, oddities };
}

/** Epoch milliseconds of a Unix time in seconds or milliseconds, or null. */
function unixTime(text: string): number | null {
  if (!/^\d{9,13}$/.test(text)) return null;
  const value = Number(text);
  const at = value < FIRST_MILLISECONDS ? value * 1000 : value;
  return at >= EARLIEST && at < LATEST ? at : null;
}
