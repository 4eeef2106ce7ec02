import type { EnrichedEvent } from '../schemas/event.ts';
import type { Field } from '../schemas/feature-vocabulary.ts';

/** What a session leaves behind for the visitor's next one. */
export interface PreviousSession {
  /** Latest event, epoch milliseconds. */
  readonly newest: number;
  /** Null for a session that began before they were counted. */
  readonly counts: SessionCounts | null;
}

export interface SessionCounts {
  events: number;
  carts: number;
  purchases: number;
}

/** What the fold knows of an event beside the event itself. */
export interface Moment {
  /** Event time, epoch milliseconds. */
  time: number;
  /** From 1, in the session. */
  index: number;
  sessionNumber: number;
  previousSession: PreviousSession | null;
  /** Duration of the session that ended; null but for `session_end`. */
  sessionSeconds: number | null;
}

export type FieldReader = (event: EnrichedEvent, moment: Moment) => string | number | null;

/** How each field of the feature language is read. */
export const FIELD_READERS: { readonly [name in Field]: FieldReader } = {
  event_type: (event) => event.event_type,
  event_timestamp: (_event, moment) => moment.time,
  product_id: (event) => event.product_id,
  product_category: (event) => event.product_category,
  brand: (event) => event.brand,
  price: (event) => event.price,
  quantity: (event) => event.quantity,
  amount: (event) => (event.price === null ? null : event.price * (event.quantity ?? 1)),
  order: (event) => event.order_id ?? event.event_id,
  query: (event) => event.query,
  device_type: (event) => event.device_type,
  channel_type: (event) => event.channel_type,
  country: (event) => event.country,
  event_index: (_event, moment) => moment.index,
  session_number: (_event, moment) => moment.sessionNumber,
  previous_session_timestamp: (_event, moment) => moment.previousSession?.newest ?? null,
  previous_session_event_count: (_event, moment) => moment.previousSession?.counts?.events ?? null,
  previous_session_add_to_cart_count: (_event, moment) =>
    moment.previousSession?.counts?.carts ?? null,
  previous_session_purchase_count: (_event, moment) =>
    moment.previousSession?.counts?.purchases ?? null,
  session_seconds: (_event, moment) => moment.sessionSeconds,
};
