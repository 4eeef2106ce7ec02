import type { EnrichedEvent } from '../shared/schemas/event.ts';

let made = 0;

/**
 * A product view of visitor `v` at noon, or what differs from it. `received_at` follows
 * `event_timestamp` and `order_key` follows `received_at` unless given.
 */
export function enrichedEvent(
  changes: Partial<EnrichedEvent> & { readonly at?: number } = {},
): EnrichedEvent {
  const { at = Date.UTC(2026, 4, 6, 12), ...given } = changes;
  const event_timestamp = given.event_timestamp ?? new Date(at).toISOString();
  const received_at = given.received_at ?? event_timestamp;
  const unique = String(made++).padStart(8, '0');
  return {
    event_id: `event-${unique}`,
    event_type: 'product_view',
    order_key: `${received_at}~${unique}`,
    visitor: 'v',
    user_id: null,
    anonymous_id: 'v',
    session_id: null,
    product_id: null,
    product_category: 'unknown',
    brand: null,
    price: null,
    quantity: null,
    currency: null,
    order_id: null,
    query: null,
    device_type: 'desktop',
    channel_type: 'direct',
    country: null,
    page_url: null,
    referrer: null,
    decision_id: null,
    campaign_id: null,
    is_bot: false,
    schema_version: 1,
    ...given,
    event_timestamp,
    received_at,
  };
}
