import { EVENT_TYPES } from './event.ts';

/** Beside the canonical events, two that the session rule makes of them; only user views see them. */
export const OCCURRENCE_TYPES = [...EVENT_TYPES, 'session_start', 'session_end'] as const;
export type OccurrenceType = (typeof OCCURRENCE_TYPES)[number];

/**
 * What an aggregation can read of an event, and of which type it is. `amount` is price × quantity
 * (quantity 1 where absent), `order` the order_id or, without one, the event_id; `event_index` is
 * the event's place in its session from 1, `session_number` the session's among its visitor's,
 * `previous_session_timestamp` the latest event of the session before,
 * `previous_session_event_count`, `…_add_to_cart_count` and `…_purchase_count` its events, and
 * `session_seconds` (of `session_end` alone) the duration of the session that ended.
 */
export const FIELDS = {
  event_type: 'category',
  event_timestamp: 'time',
  product_id: 'category',
  product_category: 'category',
  brand: 'category',
  price: 'number',
  quantity: 'number',
  amount: 'number',
  order: 'category',
  query: 'category',
  device_type: 'category',
  channel_type: 'category',
  country: 'category',
  event_index: 'number',
  session_number: 'number',
  previous_session_timestamp: 'time',
  previous_session_event_count: 'number',
  previous_session_add_to_cart_count: 'number',
  previous_session_purchase_count: 'number',
  session_seconds: 'number',
} as const satisfies Record<string, 'category' | 'time' | 'number'>;
export type Field = keyof typeof FIELDS;
/** Widest trailing window: day tiles are kept this long, so a wider window can be added later. */
export const MAX_TRAILING_DAYS = 365;
