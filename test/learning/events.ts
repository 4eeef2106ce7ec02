import { seededRandom } from '../../shared/math/seeded-random.ts';
import type { EnrichedEvent, EventType } from '../../shared/schemas/event.ts';
import { enrichedEvent } from '../enriched-event.ts';

const START = Date.UTC(2026, 0, 5, 9);
const MINUTE = 60_000;

/** One enriched event; `at` in minutes from the beginning of the test's data. */
export function eventAt(
  at: number,
  type: EventType,
  fields: Partial<EnrichedEvent> = {},
): EnrichedEvent {
  const time = new Date(START + at * MINUTE).toISOString();
  const visitor = fields.visitor ?? 'v1';
  const product = fields.product_id ?? 'p1';
  return enrichedEvent({
    event_id: `${visitor} ${type} ${product} ${time}`,
    event_type: type,
    event_timestamp: time,
    order_key: `${time}~${visitor}~${type}~${product}`,
    visitor,
    anonymous_id: visitor,
    product_id: product,
    price: 10,
    currency: 'EUR',
    order_id: type === 'purchase' ? `${visitor} ${time}` : null,
    ...fields,
  });
}

/**
 * Traffic in which carts and mobile devices tell of the purchase: with something in the cart half
 * of the sessions buy, otherwise one in fifty; on mobile a fifth as many.
 */
export function shopTraffic(seed: number, visitors: number, days: number): EnrichedEvent[] {
  const random = seededRandom(seed);
  const events: EnrichedEvent[] = [];
  for (let number = 0; number < visitors; number++) {
    const visitor = `v${number}`;
    const user_id = random() < 0.5 ? `u${number}` : null;
    const device_type = random() < 0.4 ? 'mobile' : 'desktop';
    const visits = 1 + Math.floor(random() * 3);
    for (let visit = 0; visit < visits; visit++) {
      let at = random() * days * 24 * 60;
      const send = (type: EventType) => {
        const product_id = `p${Math.floor(random() * 20)}`;
        events.push(eventAt(at, type, { visitor, user_id, device_type, product_id }));
        at += 0.2 + random() * 4;
      };
      const views = 1 + Math.floor(random() * 5);
      for (let view = 0; view < views; view++) send('product_view');
      const hasCart = random() < 0.4;
      if (hasCart) send('add_to_cart');
      if (random() < 0.5) send('product_view');
      const chance = (hasCart ? 0.5 : 0.02) * (device_type === 'mobile' ? 0.2 : 1);
      if (random() < chance) send('purchase');
    }
  }
  return inOrder(events);
}

export function inOrder(events: readonly EnrichedEvent[]): EnrichedEvent[] {
  return [...events].sort((a, b) => (a.order_key < b.order_key ? -1 : 1));
}
