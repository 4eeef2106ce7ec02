import * as z from 'zod';
import { freeText, shopId } from './text.ts';

/**
 * One event as a shop sends it. The door checks shape and bounds only; what the values mean
 * (known event types, prices, times) is `enrich`'s to decide, because that can be put right and
 * replayed. Every field may be absent or null but `event_type` and one of `anonymous_id`,
 * `user_id`.
 */
export const doorEvent = z.object({
  event_id: shopId.nullish().describe('Repeat it with a repeated event, and it counts once.'),
  event_type: freeText(64).min(1),
  event_timestamp: z.iso
    .datetime({ offset: true })
    .max(40)
    .nullish()
    .describe('Clock of the client, ISO 8601 with zone; absent: the time of receipt.'),
  user_id: shopId.nullish().describe('The known customer; kept as a pseudonym only.'),
  anonymous_id: shopId.nullish().describe('The browser or device: the visitor.'),
  session_id: shopId.nullish(),
  product_id: shopId.nullish(),
  product_category: freeText(256).nullish(),
  brand: freeText(256).nullish(),
  price: z.number().nullish().describe('Per unit, in `currency`.'),
  quantity: z.number().nullish(),
  currency: freeText(8).nullish(),
  order_id: shopId.nullish().describe('One for all lines of a purchase.'),
  query: freeText(1024).nullish(),
  device_type: freeText(32).nullish(),
  channel_type: freeText(32).nullish(),
  country: freeText(8).nullish(),
  user_agent: freeText(1024)
    .nullish()
    .describe("The shopper's agent where a server sends the event; absent: the request's own."),
  page_url: freeText(4096).nullish(),
  referrer: freeText(4096).nullish(),
  decision_id: shopId.nullish().describe('The decision that an offer or e-mail event answers to.'),
  campaign_id: shopId.nullish().describe('The campaign that an offer or e-mail event answers to.'),
});
export type DoorEvent = z.infer<typeof doorEvent>;

const MAX_EVENTS_PER_REQUEST = 100;

/** Makes the ids of a request's events, where they have none: the same again for a repetition. */
export const idempotencyKey = z.string().min(1).max(255);

/** The door answers for each on its own: nothing in one event makes the request invalid. */
export const candidateEvent = z.unknown();

export const collectRequest = z.strictObject({
  events: z.array(candidateEvent).min(1).max(MAX_EVENTS_PER_REQUEST),
});

export const collectResponse = z.strictObject({
  accepted: z.number().int(),
  refused: z.number().int(),
  results: z.array(
    z.discriminatedUnion('status', [
      z.strictObject({
        status: z.literal('accepted'),
        event_id: z.string(),
        ignored: z
          .array(z.string())
          .optional()
          .describe('Fields that are no part of the contract and were not kept.'),
      }),
      z.strictObject({
        status: z.literal('refused'),
        field: z.string().nullable(),
        reason: z.string().describe('What to put right; the other events are not affected.'),
      }),
    ]),
  ),
});
export type CollectResponse = z.infer<typeof collectResponse>;
export type CollectResult = CollectResponse['results'][number];
