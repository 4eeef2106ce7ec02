import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonical } from '../../shared/domain/formats/canonical.ts';

const shopEvent = {
  event_id: 'e-1',
  event_type: 'product_view',
  event_timestamp: '2026-03-01T10:00:00.000Z',
  anonymous_id: 'a-1',
  product_id: 'p-1',
};

function eventOf(document: unknown) {
  const mapped = canonical.event(JSON.stringify(document));
  if ('fault' in mapped) throw new Error(`a fault: ${mapped.fault.message}`);
  return mapped;
}

describe('a line of canonical JSON', () => {
  test('is the event, received when it happened', () => {
    expect(eventOf(shopEvent)).toEqual({
      event: { ...shopEvent, received_at: '2026-03-01T10:00:00.000Z' },
      at: Date.UTC(2026, 2, 1, 10),
      oddities: [],
    });
  });

  test('that says when it was received is received then', () => {
    const mapped = eventOf({ ...shopEvent, received_at: '2026-03-02T12:00:00+02:00' });
    expect(mapped.event.received_at).toBe('2026-03-02T10:00:00.000Z');
    expect(mapped.event['event_timestamp']).toBe(shopEvent.event_timestamp);
  });

  test('of the raw events of a lake is unwrapped', () => {
    const received_at = '2026-03-01T10:00:01.000Z';
    const raw = {
      order_key: `${received_at}~r~000`,
      received_at,
      visitor: 'a-1',
      attempt: 0,
      event: shopEvent,
      door: { user_agent: 'Firefox', ip_network: '203.0.113.0', country: 'CH' },
    };
    expect(eventOf(raw).event).toEqual({
      ...shopEvent,
      received_at,
      user_agent: 'Firefox',
      country: 'CH',
    });
    expect(eventOf({ ...raw, event: { ...shopEvent, country: 'AT' } }).event['country']).toBe('AT');
  });

  test('without an id is named by its text', () => {
    const { event_id: _, ...nameless } = shopEvent;
    expect(eventOf(nameless).event.event_id).toBe(eventOf(nameless).event.event_id);
    expect(eventOf({ ...nameless, product_id: 'p-2' }).event.event_id).not.toBe(
      eventOf(nameless).event.event_id,
    );
  });

  test.each([
    ['{"event_type":"product_view"', 'invalid_json', null],
    ['{"price":NaN}', 'invalid_json', null],
    ['not json', 'invalid_json', null],
    ['[]', 'not_an_object', null],
    ['null', 'not_an_object', null],
    ['7', 'not_an_object', null],
    ['{}', 'missing_value', 'event_timestamp'],
    ['{"event_timestamp":"2026-03-01"}', 'invalid_timestamp', 'event_timestamp'],
    ['{"event_timestamp":"2026-03-01T10:00:00"}', 'invalid_timestamp', 'event_timestamp'],
    ['{"event_timestamp":1772359200}', 'invalid_timestamp', 'event_timestamp'],
    ['{"received_at":"soon"}', 'invalid_timestamp', 'received_at'],
    ['{"price":1e999,"event_timestamp":"2026-03-01T10:00:00Z"}', 'number_out_of_range', 'price'],
  ])('%s is a fault: %s', (line, reason, field) => {
    expect(canonical.event(line)).toMatchObject({ fault: { reason, field } });
  });

  test('whatever it is, gives an event with a valid time or a fault with a reason', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (line) => {
        const mapped = canonical.event(line);
        if ('fault' in mapped) expect(mapped.fault.reason).toMatch(/^[a-z_]+$/);
        else expect(Date.parse(mapped.event.received_at)).toBe(mapped.at);
      }),
    );
  });

  test('cut anywhere is no event', () => {
    const line = JSON.stringify(shopEvent);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: line.length - 1 }), (length) => {
        expect(canonical.event(line.slice(0, length))).toHaveProperty('fault');
      }),
    );
  });
});
