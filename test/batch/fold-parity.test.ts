import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { productView } from '../../shared/features/product-view.ts';
import { userView } from '../../shared/features/user-view.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { enrichedEvent } from '../enriched-event.ts';
import { foldedUsers, openTestLake, snapshotOf, streamedOnly } from './lake.ts';

const DAY_MS = 86_400_000;
const BEGIN = Date.UTC(2026, 0, 1);
/** Either side of the windows of 30 and 90 days, and of a visitor's memory. */
const DAYS = [0, 1, 31, 92] as const;

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

function eventOf({ at: _, ...given }: { readonly at: number }, at: number): EnrichedEvent {
  return enrichedEvent({ ...(given as Partial<EnrichedEvent>), at });
}

test('the SQL has the values of the fold, to the last bit, at any midnight', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(occurrence, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(1, 2, 31, 32, 93, 124),
      async (occurrences, dayNumber) => {
        const events = occurrences.map((given) => eventOf(given, BEGIN + given.at));
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
    { numRuns: 12 },
  );
}, 60_000);

test('nothing at or after its midnight moves a byte of a snapshot, not even what repeats an event', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(occurrence, { minLength: 1, maxLength: 30 }),
      fc.array(fc.tuple(occurrence, fc.boolean()), { minLength: 1, maxLength: 10 }),
      async (past, future) => {
        const midnight = BEGIN + 95 * DAY_MS;
        const day = new Date(midnight).toISOString().slice(0, 10);
        const events = past.map((given) => eventOf(given, BEGIN + given.at));
        const planted = future.map(([given, isRepeat], index) => {
          const at = midnight + (index === 0 ? 0 : given.at);
          const received_at = new Date(at).toISOString();
          const repeated = events[index % events.length] as EnrichedEvent;
          // Of the past by its own time, of the future by its receipt, or wholly of the future.
          return isRepeat
            ? { ...repeated, received_at, order_key: `${received_at}~${index}`, price: 999_999_999 }
            : { ...eventOf(given, at), price: 999_999_999 };
        });
        const lake = await openTestLake();
        try {
          lake.deliver(events);
          const bytes = async () => {
            for (const view of [userView, productView]) await snapshotOf(lake, view, day);
            return ['user', 'product'].map((entity) =>
              readFileSync(
                join(lake.folder, 'gold', `${entity}_features`, `dt=${day}`, 'part.parquet'),
                'base64',
              ),
            );
          };
          const before = await bytes();
          lake.deliver(planted);
          expect(await bytes()).toEqual(before);
        } finally {
          lake.close();
        }
      },
    ),
    { numRuns: 4 },
  );
}, 60_000);
