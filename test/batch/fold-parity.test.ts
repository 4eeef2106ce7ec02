import fc from 'fast-check';
import { expect, test } from 'vitest';
import { userView } from '../../shared/features/user-view.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { enrichedEvent } from '../enriched-event.ts';
import { foldedUsers, openTestLake, snapshotOf, streamedOnly } from './lake.ts';

const DAY_MS = 86_400_000;
const BEGIN = Date.UTC(2026, 0, 1);
/** Either side of the windows of 30 and 90 days, and of a visitor's memory. */
const DAYS = [0, 1, 2, 31, 92, 93] as const;

/** Shoppers on two devices who log in, order over midnight, send things back and come again. */
const occurrence = fc.record({
  at: fc
    .tuple(
      fc.constantFrom(...DAYS),
      fc.oneof(fc.integer({ min: 0, max: DAY_MS }), fc.integer({ min: 0, max: 7_200_000 })),
      fc.boolean(),
    )
    .map(([day, offset, isBefore]) => (day + 1) * DAY_MS + (isBefore ? -offset : offset)),
  visitor: fc.constantFrom('a', 'b', 'c', 'd'),
  user_id: fc.constantFrom(null, null, 'anna', 'bert'),
  event_type: fc.constantFrom('product_view', 'add_to_cart', 'purchase', 'refund', 'page_view'),
  product_id: fc.constantFrom('p', 'q', null),
  price: fc.constantFrom(null, 0.1, 19.99, 1e6 / 3),
  quantity: fc.constantFrom(null, 1, 3),
  order_id: fc.constantFrom(null, 'o1', 'o2', 'o3', 'o4'),
});

test('the SQL has the values of the fold, to the last bit, at any midnight', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(occurrence, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(...DAYS, 94, 125),
      async (occurrences, dayNumber) => {
        const events = occurrences.map(
          ({ at, ...given }): EnrichedEvent =>
            enrichedEvent({ ...(given as Partial<EnrichedEvent>), at: BEGIN + at }),
        );
        const day = new Date(BEGIN + (dayNumber + 1) * DAY_MS).toISOString().slice(0, 10);
        if (events.every(({ received_at }) => received_at >= day)) return;
        const lake = await openTestLake();
        try {
          lake.deliver(events);
          const snapshot = streamedOnly(await snapshotOf(lake, userView, day));
          expect(Object.fromEntries(snapshot)).toEqual(
            Object.fromEntries(foldedUsers(events, day)),
          );
        } finally {
          lake.close();
        }
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);
