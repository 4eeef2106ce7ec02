import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admit, orderKey, rawEventOf } from '../../shared/domain/door-event.ts';
import type { DoorEvent } from '../../shared/schemas/door-event.ts';
import { rawEvent } from '../../shared/schemas/raw-event.ts';

const keyRing = { current: 'k1', keys: { k1: 'ab'.repeat(32) } };
const door = { user_agent: null, ip_network: null, country: null };
const receipt = {
  receivedAt: Date.UTC(2026, 4, 1),
  requestId: 'r1',
  index: 0,
  idempotencyKey: null,
  door,
};

function admitted(candidate: unknown): DoorEvent {
  const admission = admit(candidate);
  if ('refused' in admission) throw new Error(`refused: ${JSON.stringify(admission.refused)}`);
  return admission.admitted;
}

describe('admission', () => {
  test.each([
    ['not an object', 5, null],
    ['an array', [], null],
    ['null', null, null],
    ['no type', { anonymous_id: 'a' }, 'event_type'],
    ['a type that is no text', { event_type: 5, anonymous_id: 'a' }, 'event_type'],
    ['no identity', { event_type: 'page_view' }, 'anonymous_id'],
    [
      'an endless id',
      { event_type: 'page_view', anonymous_id: 'x'.repeat(10_000) },
      'anonymous_id',
    ],
    [
      '129 bytes in 65 characters',
      { event_type: 'a', anonymous_id: `${'ä'.repeat(64)}x` },
      'anonymous_id',
    ],
    ['a price as text', { event_type: 'a', anonymous_id: 'a', price: '5' }, 'price'],
    [
      'an infinite price',
      { event_type: 'a', anonymous_id: 'a', price: Number.POSITIVE_INFINITY },
      'price',
    ],
    [
      'a price that is no number',
      { event_type: 'a', anonymous_id: 'a', price: Number.NaN },
      'price',
    ],
    [
      'a time without zone',
      { event_type: 'a', anonymous_id: 'a', event_timestamp: '2026-01-01T00:00:00' },
      'event_timestamp',
    ],
    [
      'half a surrogate pair in an id',
      { event_type: 'a', anonymous_id: 'a\ud800' },
      'anonymous_id',
    ],
    ['a nested id', { event_type: 'a', anonymous_id: { a: 1 } }, 'anonymous_id'],
  ])('refuses %s and names the field', (_, candidate, field) => {
    expect(admit(candidate)).toMatchObject({ refused: { field } });
  });

  test('keeps text that was cut within an emoji, as Unicode text', () => {
    const cut = 'shoes 👟'.slice(0, -1);
    expect(admitted({ event_type: 'search', anonymous_id: 'a', query: cut }).query).toBe(
      'shoes \ufffd',
    );
  });

  test('names what it does not keep', () => {
    const admission = admit({ event_type: 'page_view', anonymous_id: 'a', shoe_size: 44 });
    expect(admission).toMatchObject({ ignored: ['shoe_size'] });
  });

  test('takes the names that other tools send', () => {
    expect(
      admitted({
        eventType: 'view',
        anonymousId: 'a',
        itemId: 'p',
        timestamp: '2026-01-01T00:00:00Z',
      }),
    ).toMatchObject({ event_type: 'view', anonymous_id: 'a', product_id: 'p' });
  });

  test('a canonical name wins over its alias', () => {
    const event = admitted({ event_type: 'view', type: 'order', anonymous_id: 'a' });
    expect(event.event_type).toBe('view');
  });

  test('never throws, whatever JSON arrives', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const admission = admit(value);
        expect('refused' in admission || 'admitted' in admission).toBe(true);
      }),
    );
  });
});

describe('the record for the stream', () => {
  test('holds pseudonyms, never the identifiers', () => {
    const raw = rawEventOf(
      admitted({ event_type: 'identify', email: ' Ann@Example.org ' }),
      receipt,
      keyRing,
    );
    expect(JSON.stringify(raw)).not.toMatch(/example/i);
    expect(raw.visitor).toMatch(/^k1_[\w-]{22}$/);
    expect(raw.visitor).toBe(raw.event.user_id);
  });

  test('a login does not change the partition key', () => {
    const before = rawEventOf(admitted({ event_type: 'a', anonymous_id: 'v' }), receipt, keyRing);
    const after = rawEventOf(
      admitted({ event_type: 'a', anonymous_id: 'v', user_id: 'u' }),
      receipt,
      keyRing,
    );
    expect(after.visitor).toBe(before.visitor);
  });

  test('an idempotency key makes the same ids at another time', () => {
    const event = admitted({ event_type: 'a', anonymous_id: 'v' });
    const first = rawEventOf(event, { ...receipt, idempotencyKey: 'key' }, keyRing);
    const again = rawEventOf(
      event,
      { ...receipt, receivedAt: receipt.receivedAt + 9, requestId: 'r2', idempotencyKey: 'key' },
      keyRing,
    );
    expect(again.event.event_id).toBe(first.event.event_id);
    expect(again.order_key).not.toBe(first.order_key);
  });

  test("a server names the shopper's agent", () => {
    const event = admitted({ event_type: 'a', anonymous_id: 'v', user_agent: 'Mozilla/5.0' });
    const raw = rawEventOf(event, { ...receipt, door: { ...door, user_agent: 'curl/8' } }, keyRing);
    expect(raw.door.user_agent).toBe('Mozilla/5.0');
    expect(raw.event).not.toHaveProperty('user_agent');
  });

  test('URLs lose what may name a person', () => {
    const event = admitted({
      event_type: 'page_view',
      anonymous_id: 'v',
      page_url: 'https://ann:pw@shop.example/p?email=ann%40example.org&utm_medium=cpc#x',
      referrer: 'javascript:alert(1)',
    });
    const raw = rawEventOf(event, receipt, keyRing);
    expect(raw.event.page_url).toBe('https://shop.example/p?utm_medium=cpc');
    expect(raw.event.referrer).toBeNull();
  });

  test('whatever is admitted satisfies the contract of the stream', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 });
    const candidates = fc.record(
      {
        event_type: fc.string({ minLength: 1, maxLength: 30 }),
        anonymous_id: fc.string({ minLength: 1, maxLength: 30 }),
        user_id: fc.option(fc.string({ minLength: 1, maxLength: 200 })),
        page_url: text,
        query: text,
        price: fc.double(),
        quantity: fc.anything(),
      },
      { requiredKeys: ['event_type', 'anonymous_id'] },
    );
    fc.assert(
      fc.property(candidates, (candidate) => {
        const admission = admit(candidate);
        if ('refused' in admission) return;
        const raw = rawEventOf(admission.admitted, receipt, keyRing);
        const stored = JSON.parse(JSON.stringify(raw));
        expect(rawEvent.parse(stored)).toEqual(stored);
      }),
    );
  });

  test('order keys sort as text into the order of receipt, then of the request', () => {
    const keys = [
      orderKey('2026-01-01T00:00:00.000Z', 'a', 0),
      orderKey('2026-01-01T00:00:00.000Z', 'a', 2),
      orderKey('2026-01-01T00:00:00.000Z', 'a', 10),
      orderKey('2026-01-01T00:00:00.001Z', 'a', 0),
    ];
    expect(keys.toSorted()).toEqual(keys);
  });
});
