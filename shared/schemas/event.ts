import * as z from 'zod';

/** Version of the canonical event; written on every enriched event. */
export const EVENT_SCHEMA_VERSION = 1;

export const EVENT_TYPES = [
  'page_view',
  'search',
  'product_view',
  'add_to_cart',
  'remove_from_cart',
  'checkout_start',
  'purchase',
  'refund',
  'identify',
  'offer_shown',
  'offer_clicked',
  'email_opened',
  'email_clicked',
  'unsubscribed',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const DEVICE_TYPES = ['desktop', 'mobile', 'tablet', 'tv', 'bot', 'unknown'] as const;
export const CHANNEL_TYPES = [
  'direct',
  'organic_search',
  'paid_search',
  'social',
  'email',
  'referral',
  'affiliate',
  'display',
  'app',
  'unknown',
] as const;

/** Longest id in UTF-8 bytes: keeps item and record sizes bounded. */
export const MAX_ID_BYTES = 128;
const id = z.string().min(1).max(MAX_ID_BYTES);
const text = z.string().max(1024);
const timestamp = z.iso.datetime({ precision: 3 });

/**
 * The canonical event, one line of an interaction, as `enrich` writes it and everything after it
 * reads it. Times are ISO 8601 UTC with milliseconds; `price` is per unit in `currency`;
 * `user_id` is a pseudonym.
 */
export const enrichedEvent = z.strictObject({
  event_id: id,
  event_type: z.enum(EVENT_TYPES),
  event_timestamp: timestamp,
  received_at: timestamp,
  /** received_at, request id, index in the request: total order of acceptance. */
  order_key: z.string().min(1).max(256),
  /** anonymous_id, else user_id: the partition key of every stream. */
  visitor: id,
  user_id: id.nullable(),
  anonymous_id: id.nullable(),
  session_id: id.nullable(),
  product_id: id.nullable(),
  product_category: z.string().min(1).max(256),
  brand: z.string().max(256).nullable(),
  price: z.number().min(0).max(1e9).nullable(),
  quantity: z.number().int().min(1).max(1e6).nullable(),
  currency: z.string().length(3).nullable(),
  order_id: id.nullable(),
  query: text.nullable(),
  device_type: z.enum(DEVICE_TYPES),
  channel_type: z.enum(CHANNEL_TYPES),
  country: z.string().length(2).nullable(),
  page_url: text.nullable(),
  referrer: text.nullable(),
  decision_id: id.nullable(),
  campaign_id: id.nullable(),
  is_bot: z.boolean(),
  schema_version: z.literal(EVENT_SCHEMA_VERSION),
});
export type EnrichedEvent = z.infer<typeof enrichedEvent>;
