import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ShopOptions, type SimulatedEvent, simulateShop } from '../../local/simulator/shop.ts';
import { agentOf } from '../../shared/domain/device.ts';
import { admit, rawEventOf } from '../../shared/domain/door-event.ts';
import { enrichRecord } from '../../shared/domain/enrich.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const month: ShopOptions = {
  seed: 7,
  startAt: Date.UTC(2026, 0, 5),
  days: 30,
  visitors: 30_000,
};
const week: ShopOptions = { ...month, days: 7, visitors: 1500 };

function bytes(options: ShopOptions): string {
  const hash = createHash('sha256');
  for (const simulated of simulateShop(options)) hash.update(JSON.stringify(simulated));
  return hash.digest('hex');
}

describe('the same seed', () => {
  test('gives the same bytes', () => {
    expect(bytes(week)).toBe(bytes({ ...week }));
  });

  test.each<Partial<ShopOptions>>([
    { seed: 8 },
    { startAt: week.startAt + DAY },
    { rhythm: 'flat' },
    { pace: 2 },
    { visitors: 1501 },
  ])('gives other bytes with %o', (change) => {
    expect(bytes({ ...week, ...change })).not.toBe(bytes(week));
  });
});

test('every event passes the door and enrichment, with its country, device and channel', () => {
  const ring = { current: 'k1', keys: { k1: '00'.repeat(32) } };
  const channels = new Set<string>();
  for (const { at, event, client } of simulateShop(week)) {
    const admission = admit(event);
    if ('refused' in admission) throw new Error(JSON.stringify({ event, admission }));
    expect(admission.ignored).toEqual([]);
    const door = { user_agent: 'node', ip_network: null, country: null };
    const receipt = { receivedAt: at, requestId: 'r', index: 0, idempotencyKey: null, door };
    const raw = rawEventOf(admission.admitted, receipt, ring);
    const enrichment = enrichRecord(raw, { country: () => null, agent: agentOf });
    if ('bad' in enrichment) throw new Error(JSON.stringify(enrichment.bad));
    expect(enrichment.enriched.device_type).toBe(client.device);
    expect(enrichment.enriched.is_bot).toBe(client.device === 'bot');
    expect(enrichment.enriched.country).toBe(client.country);
    channels.add(enrichment.enriched.channel_type);
  }
  expect([...channels].sort()).toEqual([
    'affiliate',
    'direct',
    'display',
    'email',
    'organic_search',
    'paid_search',
    'referral',
    'social',
    'unknown',
  ]);
});

interface SimulatedSession {
  readonly id: string;
  readonly events: SimulatedEvent[];
  /** Index of the first purchase, or Infinity. */
  boughtAt: number;
}

describe('a month of traffic', () => {
  const events: SimulatedEvent[] = [];
  let sessions: SimulatedSession[] = [];
  let people: SimulatedSession[] = [];

  beforeAll(() => {
    const byId = new Map<string, SimulatedSession>();
    for (const simulated of simulateShop(month)) {
      events.push(simulated);
      const { session: id } = simulated.truth;
      if (id === null) continue;
      const session = byId.get(id) ?? { id, events: [], boughtAt: Number.POSITIVE_INFINITY };
      byId.set(id, session);
      session.events.push(simulated);
      if (simulated.event.event_type === 'purchase') {
        session.boughtAt = Math.min(session.boughtAt, session.events.length - 1);
      }
    }
    sessions = [...byId.values()];
    people = sessions.filter(({ events: [first] }) => first?.client.device !== 'bot');
  });

  test('is in order of time, with distinct event ids', () => {
    const disordered = events.filter(({ at }, index) => at < (events[index - 1]?.at ?? 0));
    expect(disordered).toEqual([]);
    expect(new Set(events.map(({ event }) => event.event_id)).size).toBe(events.length);
  });

  test('comes from as many visitors as asked for', () => {
    expect(new Set(events.map(({ truth }) => truth.visitor)).size).toBe(month.visitors);
  });

  test('has a shop’s rates: purchases, carts, bounces, bots', () => {
    const share = (of: (session: SimulatedSession) => boolean) =>
      people.filter(of).length / people.length;
    expect(share(({ boughtAt }) => boughtAt < Number.POSITIVE_INFINITY)).toBeGreaterThan(0.03);
    expect(share(({ boughtAt }) => boughtAt < Number.POSITIVE_INFINITY)).toBeLessThan(0.042);
    const hasCart = ({ events }: SimulatedSession) =>
      events.some(({ event }) => event.event_type === 'add_to_cart');
    expect(share(hasCart)).toBeGreaterThan(0.08);
    expect(share(hasCart)).toBeLessThan(0.16);
    expect(share(({ events }) => events.length === 1)).toBeGreaterThan(0.2);
    const declared = events.filter(({ client }) => client.device === 'bot').length / events.length;
    expect(declared).toBeGreaterThan(0.02);
    expect(declared).toBeLessThan(0.1);
    const crawled = events.filter(
      ({ client, truth }) => truth.intent === 'crawling' && client.device !== 'bot',
    );
    expect(crawled.length / events.length).toBeGreaterThan(0.01);
    expect(crawled.length / events.length).toBeLessThan(0.1);
  });

  test('follows the day and the week', () => {
    const between = (from: number, below: number) =>
      events.filter(({ at }) => {
        const hour = new Date(at).getUTCHours();
        return hour >= from && hour < below;
      }).length;
    expect(between(19, 22)).toBeGreaterThan(5 * between(2, 5));
  });

  test('parts the sessions of a visitor by over 30 minutes and keeps gaps within below', () => {
    const lastSeen = new Map<string, { at: number; session: string | null }>();
    let longestWithin = 0;
    let shortestBetween = Number.POSITIVE_INFINITY;
    for (const { at, truth } of events) {
      const last = lastSeen.get(truth.visitor);
      if (last !== undefined) {
        const gap = at - last.at;
        const refunds = truth.session === null && last.session === null;
        if (truth.session !== last.session) shortestBetween = Math.min(shortestBetween, gap);
        else if (!refunds) longestWithin = Math.max(longestWithin, gap);
      }
      lastSeen.set(truth.visitor, { at, session: truth.session });
    }
    expect(longestWithin).toBeLessThan(30 * MINUTE);
    expect(shortestBetween).toBeGreaterThan(30 * MINUTE);
  });

  test('buys what is in the cart, several lines under one order id', () => {
    let manyLines = 0;
    for (const { events } of sessions) {
      const cart = new Map<string, number>();
      const lines = new Map<string, { product: string; quantity: number }[]>();
      for (const { event } of events) {
        const product = event.product_id as string;
        const units = cart.get(product) ?? 0;
        if (event.event_type === 'add_to_cart') cart.set(product, units + 1);
        if (event.event_type === 'remove_from_cart') {
          if (units === 0) throw new Error(`${event.event_id} removes what is not in the cart`);
          cart.set(product, units - 1);
        }
        if (event.event_type !== 'purchase') continue;
        expect(event.quantity).toBe(units);
        cart.set(product, 0);
        const order = lines.get(event.order_id as string) ?? [];
        order.push({ product, quantity: units });
        lines.set(event.order_id as string, order);
      }
      expect(lines.size).toBeLessThanOrEqual(1);
      for (const order of lines.values()) if (order.length > 1) manyLines++;
      if (lines.size > 0) expect([...cart.values()].every((units) => units === 0)).toBe(true);
    }
    expect(manyLines).toBeGreaterThan(20);
  });

  test('refunds lines of orders, days later', () => {
    const bought = new Map<string, SimulatedEvent>();
    let refunds = 0;
    for (const simulated of events) {
      const { event, at } = simulated;
      const line = `${event.order_id} ${event.product_id}`;
      if (event.event_type === 'purchase') bought.set(line, simulated);
      if (event.event_type !== 'refund') continue;
      refunds++;
      const purchase = bought.get(line) as SimulatedEvent;
      expect(event.price).toBe(purchase.event.price);
      expect(event.quantity).toBe(purchase.event.quantity);
      expect(at - purchase.at).toBeGreaterThan(2 * DAY - 1);
      expect(simulated.truth).toMatchObject({ session: null, purchase_probability: 0 });
    }
    expect(refunds).toBeGreaterThan(20);
  });

  test('logs some visitors in half-way, who stay known; customers come back', () => {
    const names = new Map<string, string | null>();
    let logins = 0;
    const sessionsOf = new Map<string, Set<string>>();
    let forgotten = 0;
    for (const { event, truth } of events) {
      if (event.event_type === 'refund') continue; // under the name the order had
      const known = names.get(truth.visitor) ?? null;
      if (known !== null && event.user_id !== known) forgotten++;
      if (event.event_type === 'identify') {
        logins++;
        expect(known).toBeNull();
        expect(event.user_id).not.toBeNull();
      }
      names.set(truth.visitor, event.user_id);
      if (event.user_id !== null && truth.session !== null) {
        const own = sessionsOf.get(event.user_id) ?? new Set();
        sessionsOf.set(event.user_id, own.add(truth.session));
      }
    }
    expect(forgotten).toBe(0);
    expect(logins).toBeGreaterThan(100);
    const returning = [...sessionsOf.values()].filter((own) => own.size > 1).length;
    expect(returning / sessionsOf.size).toBeGreaterThan(0.2);
  });

  describe('tells the truth', () => {
    /** Sessions that reach their n-th event unbought, one independent row each. */
    const rowsAt = (n: number) =>
      people.flatMap(({ events, boughtAt }) => {
        const simulated = events[n - 1];
        if (simulated === undefined || boughtAt < n) return [];
        return [{ simulated, next: events[n], bought: boughtAt < Number.POSITIVE_INFINITY }];
      });

    /** Means of truth and outcome agree in every tenth of the rows, within 4 standard errors. */
    const expectCalibrated = (rows: readonly { truth: number; bought: boolean }[]) => {
      const sorted = [...rows].sort((a, b) => a.truth - b.truth);
      for (let tenth = 0; tenth < 10; tenth++) {
        const part = sorted.slice(
          Math.floor((tenth * sorted.length) / 10),
          Math.floor(((tenth + 1) * sorted.length) / 10),
        );
        const expected = part.reduce((sum, { truth }) => sum + truth, 0);
        const variance = part.reduce((sum, { truth }) => sum + truth * (1 - truth), 0);
        const bought = part.filter((row) => row.bought).length;
        expect(Math.abs(bought - expected)).toBeLessThanOrEqual(4 * Math.sqrt(variance) + 1e-9);
      }
    };

    test.each([1, 2, 3, 5, 8, 13])('of what can be seen, at event %i', (n) => {
      const rows = rowsAt(n);
      expect(rows.length).toBeGreaterThan(1000);
      expectCalibrated(
        rows.map(({ simulated, bought }) => ({
          truth: simulated.truth.purchase_probability,
          bought,
        })),
      );
    });

    test.each([1, 3, 8])('of the hidden intent, at event %i', (n) => {
      expectCalibrated(
        rowsAt(n).map(({ simulated, bought }) => ({
          truth: simulated.truth.intent_probability,
          bought,
        })),
      );
    });

    test.each([5_000, 30_000, 90_000])('after %i ms of silence', (silence) => {
      for (const n of [2, 5]) {
        const silent = rowsAt(n).filter(
          ({ simulated, next }) => next === undefined || next.at - simulated.at >= silence,
        );
        expectCalibrated(
          silent.map(({ simulated, bought }) => ({
            truth: simulated.truth.afterSilence(silence),
            bought,
          })),
        );
      }
    });

    test('that declared bots never buy, nor anybody who has bought', () => {
      const wrong = sessions.flatMap(({ events, boughtAt }) =>
        events.filter(({ client, truth }, index) => {
          const never = client.device === 'bot' || index >= boughtAt;
          return never ? truth.purchase_probability !== 0 : truth.purchase_probability >= 1;
        }),
      );
      expect(wrong).toEqual([]);
    });

    test('that ranks as well as the events allow: the mind reader ranks better', () => {
      const rows = rowsAt(5);
      const error = (truth: (simulated: SimulatedEvent) => number) =>
        rows.reduce(
          (sum, { simulated, bought }) => sum + (truth(simulated) - Number(bought)) ** 2,
          0,
        ) / rows.length;
      const ideal = error(({ truth }) => truth.purchase_probability);
      const mindReader = error(({ truth }) => truth.intent_probability);
      const share = rows.filter(({ bought }) => bought).length / rows.length;
      expect(mindReader).toBeLessThan(ideal);
      expect(ideal).toBeLessThan(0.95 * share * (1 - share));
    });
  });
});

test('drift changes who buys from its day on, and the truth with it', () => {
  const drifting = { ...month, visitors: 12_000, drift: { afterDays: 15, interest: 1.2 } };
  const halves = [
    { first: 0, sessions: new Set<string>(), orders: new Set<string>() },
    { first: 0, sessions: new Set<string>(), orders: new Set<string>() },
  ];
  for (const { at, event, truth } of simulateShop(drifting)) {
    const half = halves[at < month.startAt + 15 * DAY ? 0 : 1];
    if (half === undefined || truth.session === null) continue;
    if (!half.sessions.has(truth.session)) half.first += truth.purchase_probability;
    half.sessions.add(truth.session);
    if (event.order_id !== undefined) half.orders.add(event.order_id);
  }
  const [before, after] = halves.map(({ first, sessions, orders }) => ({
    rate: orders.size / sessions.size,
    truth: first / sessions.size,
  }));
  expect(after?.rate).toBeGreaterThan(1.5 * (before?.rate as number));
  expect(after?.truth).toBeGreaterThan(1.5 * (before?.truth as number));
});

test('an opening crowd comes within seconds', () => {
  const crowd = { ...week, visitors: 1, rhythm: 'flat' as const, opening: 200 };
  const early = new Set<string>();
  for (const { at, truth } of simulateShop(crowd)) {
    if (at < week.startAt + 15_000) early.add(truth.visitor);
  }
  expect(early.size).toBeGreaterThanOrEqual(200);
});

test.each([{ days: 0 }, { visitors: -1 }, { pace: Number.NaN }])(
  'refuses %o, naming it',
  (change) => {
    expect(() => simulateShop({ ...week, ...change })).toThrow(Object.keys(change)[0]);
  },
);
