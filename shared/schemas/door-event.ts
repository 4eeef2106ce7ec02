import * as z from 'zod';
import { MAX_ID_BYTES } from './event.ts';

/** Longest free text in characters. */
const text = z.string().max(1024);

const id = z
  .string()
  .min(1)
  .max(MAX_ID_BYTES)
  .refine((value) => Buffer.byteLength(value) <= MAX_ID_BYTES, {
    error: `must be at most ${MAX_ID_BYTES} bytes of UTF-8`,
  });

/**
 * One event as a shop sends it. The door checks shape and bounds only; what the values mean
 * (known event types, prices, times) is `enrich`'s to decide, because that can be put right and
 * replayed. Every field may be absent or null but `event_type` and one of `anonymous_id`,
 * `user_id`.
 */
export const doorEvent = z.object({
  event_id: id.nullish(),
  event_type: z.string().min(1).max(64),
  /** Client clock, ISO 8601 with zone; absent: the time of receipt. */
  event_timestamp: z.iso.datetime({ offset: true }).max(40).nullish(),
  user_id: id.nullish(),
  anonymous_id: id.nullish(),
  session_id: id.nullish(),
  product_id: id.nullish(),
  product_category: z.string().max(256).nullish(),
  brand: z.string().max(256).nullish(),
  /** Per unit, in `currency`. */
  price: z.number().nullish(),
  quantity: z.number().nullish(),
  currency: z.string().max(8).nullish(),
  order_id: id.nullish(),
  query: text.nullish(),
  device_type: z.string().max(32).nullish(),
  channel_type: z.string().max(32).nullish(),
  country: z.string().max(8).nullish(),
  /** The shopper's agent where a server sends the event; absent: the request's own. */
  user_agent: z.string().max(1024).nullish(),
  page_url: z.string().max(4096).nullish(),
  referrer: z.string().max(4096).nullish(),
  /** The decision or campaign that an offer or e-mail event answers to. */
  decision_id: id.nullish(),
  campaign_id: id.nullish(),
});
export type DoorEvent = z.infer<typeof doorEvent>;

const MAX_EVENTS_PER_REQUEST = 100;

export const collectRequest = z.strictObject({
  events: z.array(z.unknown()).min(1).max(MAX_EVENTS_PER_REQUEST),
});

export const collectResponse = z.strictObject({
  accepted: z.number().int(),
  refused: z.number().int(),
  results: z.array(
    z.discriminatedUnion('status', [
      z.strictObject({
        status: z.literal('accepted'),
        event_id: z.string(),
        /** Fields that are no part of the contract and were not kept. */
        ignored: z.array(z.string()).optional(),
      }),
      z.strictObject({
        status: z.literal('refused'),
        field: z.string().nullable(),
        reason: z.string(),
      }),
    ]),
  ),
});
export type CollectResponse = z.infer<typeof collectResponse>;
export type CollectResult = CollectResponse['results'][number];
