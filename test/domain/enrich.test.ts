import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agentOf } from '../../shared/domain/device.ts';
import { enrichRecord } from '../../shared/domain/enrich.ts';
import { enrichBatch } from '../../shared/domain/enrich-batch.ts';
import { enrichedEvent } from '../../shared/schemas/event.ts';
import { type RawEvent, rawEvent } from '../../shared/schemas/raw-event.ts';
import { MemoryDeliveryStream, MemoryEventStream } from './memory-streams.ts';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';
const rules = { country: (ip: string) => (ip === '203.0.113.0' ? 'NL' : null), agent: agentOf };
const receivedAt = '2026-05-01T12:00:00.000Z';

function raw(event: Partial<RawEvent['event']>, door: Partial<RawEvent['door']> = {}): RawEvent {
  return {
    order_key: `${receivedAt}~r~000`,
    received_at: receivedAt,
    visitor: 'v1',
    attempt: 0,
    event: { event_id: 'e1', event_type: 'product_view', product_id: 'p1', ...event },
    door: { user_agent: null, ip_network: null, country: null, ...door },
  };
}

function enriched(event: Partial<RawEvent['event']>, door: Partial<RawEvent['door']> = {}) {
  const result = enrichRecord(raw(event, door), rules);
  if ('bad' in result) throw new Error(`bad row: ${result.bad.reason} ${result.bad.message}`);
  return result.enriched;
}

describe('enrichment', () => {
  test.each([
    ['view', 'product_view'],
    ['AddToCart', 'add_to_cart'],
    ['Add To Cart', 'add_to_cart'],
    ['transaction', 'purchase'],
    ['begin-checkout', 'checkout_start'],
    ['page_view', 'page_view'],
  ])('%s is %s', (event_type, expected) => {
    expect(enriched({ event_type }).event_type).toBe(expected);
  });

  test.each([
    ['an unknown type', { event_type: 'teleport' }, 'unknown_event_type', 'event_type'],
    [
      'an inherited property as type',
      { event_type: 'constructor' },
      'unknown_event_type',
      'event_type',
    ],
    ['a view of nothing', { product_id: null }, 'missing_field', 'product_id'],
    ['a login of nobody', { event_type: 'identify' }, 'missing_field', 'user_id'],
    [
      'an offer without its decision',
      { event_type: 'offer_shown' },
      'missing_field',
      'decision_id',
    ],
    ['a price below zero', { price: -1 }, 'invalid_price', 'price'],
    ['half a piece', { quantity: 0.5 }, 'invalid_quantity', 'quantity'],
    ['a currency of four letters', { currency: 'EURO' }, 'invalid_currency', 'currency'],
    [
      'a time far ahead',
      { event_timestamp: '2026-05-01T12:05:00.001Z' },
      'future_timestamp',
      'event_timestamp',
    ],
  ])('%s becomes a bad row with its payload', (_, event, reason, field) => {
    const record = raw(event);
    const result = enrichRecord(record, rules);
    expect(result).toMatchObject({ bad: { reason, field, payload: JSON.stringify(record) } });
  });

  test.each([
    ['absent: the receipt', undefined, receivedAt],
    ['5 minutes ahead: the receipt', '2026-05-01T12:05:00.000Z', receivedAt],
    ['behind: itself, in UTC', '2026-05-01T13:59:00+02:00', '2026-05-01T11:59:00.000Z'],
  ])('event time %s', (_, event_timestamp, expected) => {
    expect(enriched({ event_timestamp }).event_timestamp).toBe(expected);
  });

  test.each([
    ['the event', { country: 'de' }, { country: 'GB', ip_network: '203.0.113.0' }, 'DE'],
    ['the header', {}, { country: 'GB', ip_network: '203.0.113.0' }, 'GB'],
    ['the table', {}, { ip_network: '203.0.113.0' }, 'NL'],
    ['nothing', {}, { ip_network: '198.51.100.0' }, null],
  ])('country by %s', (_, event, door, expected) => {
    expect(enriched(event, door).country).toBe(expected);
  });

  test.each([
    ['a phone', IPHONE, 'mobile', false],
    [
      'a declared crawler',
      'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      'bot',
      true,
    ],
    ['nobody', null, 'unknown', false],
    ["a shop's server", 'curl/8.5.0', 'unknown', false],
    ['another', 'python-requests/2.32', 'unknown', false],
    ['and another', 'node', 'unknown', false],
  ])('%s', (_, user_agent, device_type, is_bot) => {
    expect(enriched({}, { user_agent })).toMatchObject({ device_type, is_bot });
  });

  test.each([
    ['https://s.example/?utm_medium=cpc', null, 'paid_search'],
    ['https://s.example/?utm_medium=Email', null, 'email'],
    ['https://s.example/', 'https://www.google.co.uk/', 'organic_search'],
    ['https://s.example/', 'https://m.facebook.com/', 'social'],
    ['https://s.example/', 'https://blog.example/', 'referral'],
    ['https://s.example/', 'https://s.example/a', 'unknown'],
    [null, null, 'unknown'],
  ])('channel of %s from %s is %s', (page_url, referrer, expected) => {
    expect(enriched({ page_url, referrer }).channel_type).toBe(expected);
  });

  test('fills what a shop may leave out', () => {
    expect(enriched({ event_type: 'purchase', query: ' Red SHOES ' })).toMatchObject({
      quantity: 1,
      order_id: 'e1',
      product_category: 'unknown',
      query: 'red shoes',
    });
  });

  test('gives the canonical event or a bad row, whatever the contract of the stream lets through', () => {
    const text = fc.option(fc.string({ maxLength: 60 }));
    const number = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }));
    const fields = fc.record({
      event_type: fc.constantFrom('view', 'purchase', 'refund', 'login', 'search', 'nothing'),
      event_timestamp: fc.constantFrom(null, '2026-05-01T10:00:00Z', '2027-01-01T00:00:00Z'),
      price: number,
      quantity: number,
      product_id: fc.option(fc.string({ minLength: 1, maxLength: 60 })),
      product_category: text,
      query: text,
      page_url: text,
      referrer: text,
      currency: fc.option(fc.string({ maxLength: 8 })),
      country: fc.option(fc.string({ maxLength: 8 })),
    });
    fc.assert(
      fc.property(fields, (event) => {
        const result = enrichRecord(rawEvent.parse(raw(event)), rules);
        if ('enriched' in result)
          expect(enrichedEvent.parse(result.enriched)).toEqual(result.enriched);
        else expect(result.bad.reason).not.toBe('');
      }),
    );
  });

  test('a record of wrong types is no record of the door', async () => {
    const badRows = new MemoryDeliveryStream();
    const record = { ...raw({}), event: { event_id: 'e', event_type: 'view', query: [] } };
    await enrichBatch([{ sequence: '1', data: JSON.stringify(record) }], {
      enrichedEvents: new MemoryEventStream(),
      badRows,
      rules,
      retry: { attempts: 1, baseDelay: 1, random: () => 0, sleep: async () => {} },
      now: () => 0,
    });
    expect(JSON.parse(badRows.records[0] ?? '')).toMatchObject({
      reason: 'malformed_record',
      field: 'event.query',
    });
  });
});

describe('a batch', () => {
  const retry = { attempts: 2, baseDelay: 1, random: () => 0, sleep: async () => {} };
  const records = [
    { sequence: '1', data: JSON.stringify(raw({})) },
    { sequence: '2', data: 'no JSON' },
    { sequence: '3', data: JSON.stringify(raw({ event_type: 'teleport' })) },
    { sequence: '4', data: JSON.stringify({ order_key: 'x' }) },
  ];

  test('one bad record does not fail its neighbours', async () => {
    const enrichedEvents = new MemoryEventStream();
    const badRows = new MemoryDeliveryStream();
    const outcome = await enrichBatch(records, {
      enrichedEvents,
      badRows,
      rules,
      retry,
      now: () => 0,
    });
    expect(outcome).toEqual({ failed: [], enriched: 1, rejected: 3, bots: 0 });
    expect(badRows.records.map((row) => JSON.parse(row).reason)).toEqual([
      'malformed_record',
      'unknown_event_type',
      'malformed_record',
    ]);
  });

  test('a delivery that repeats gives the same rows', async () => {
    const badRows = new MemoryDeliveryStream();
    const deps = { enrichedEvents: new MemoryEventStream(), badRows, rules, retry, now: () => 0 };
    await enrichBatch(records, deps);
    await enrichBatch(records, deps);
    expect(new Set(badRows.records).size).toBe(3);
  });

  test('what could not be passed on is answered as failed', async () => {
    const outcome = await enrichBatch(records, {
      enrichedEvents: new MemoryEventStream(() => true),
      badRows: new MemoryDeliveryStream(),
      rules,
      retry,
      now: () => 0,
    });
    expect(outcome.failed).toEqual(['1']);
  });
});
