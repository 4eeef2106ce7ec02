import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retailrocket } from '../../shared/domain/formats/retailrocket.ts';

const row = {
  timestamp: '1430636062541',
  visitorid: '285933',
  event: 'view',
  itemid: '298009',
  transactionid: '',
};

function eventOf(cells: Record<string, string>) {
  const mapped = retailrocket.event(cells);
  if ('fault' in mapped) throw new Error(`a fault: ${mapped.fault.message}`);
  return mapped;
}

describe('a row of the RetailRocket log', () => {
  test('is the event that the shop would send', () => {
    expect(eventOf(row)).toEqual({
      event: {
        event_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab]/),
        event_type: 'product_view',
        event_timestamp: '2015-05-03T06:54:22.541Z',
        received_at: '2015-05-03T06:54:22.541Z',
        anonymous_id: '285933',
        user_id: '285933',
        product_id: '298009',
      },
      at: 1430636062541,
      oddities: [],
    });
  });

  test.each([
    ['view', 'product_view'],
    ['addtocart', 'add_to_cart'],
    ['transaction', 'purchase'],
  ])('names %s %s', (event, event_type) => {
    expect(eventOf({ ...row, event }).event).toMatchObject({ event_type });
  });

  test('is read in seconds too, where the file has no transaction ids', () => {
    const { timestamp: _, transactionid: __, ...rest } = row;
    const mapped = eventOf({ ...rest, timestamp: '1430623510' });
    expect(mapped.event['event_timestamp']).toBe('2015-05-03T03:25:10.000Z');
    expect(mapped.at).toBe(1430623510000);
  });

  test('belongs to the order of its transaction id', () => {
    const mapped = eventOf({ ...row, event: 'transaction', transactionid: '7916' });
    expect(mapped.event['order_id']).toBe('7916');
    expect(mapped.oddities).toEqual([]);
  });

  test('without a transaction id, lines of a visitor and a second are one order', () => {
    const lines = [
      { visitorid: '1', itemid: 'a', timestamp: '1430623510' },
      { visitorid: '1', itemid: 'b', timestamp: '1430623510' },
      { visitorid: '1', itemid: 'c', timestamp: '1430623511' },
      { visitorid: '2', itemid: 'd', timestamp: '1430623510' },
    ].map((line) => eventOf({ ...line, event: 'transaction' }));
    const [first, second, later, other] = lines.map(({ event }) => event['order_id']);
    expect(second).toBe(first);
    expect(new Set([first, later, other]).size).toBe(3);
    expect(lines.map(({ oddities }) => oddities)).toEqual(lines.map(() => ['order_id_derived']));
  });

  test('only a purchase has an order', () => {
    expect(eventOf({ ...row, transactionid: '7916' }).event).not.toHaveProperty('order_id');
  });

  test.each([
    ['timestamp', '', 'invalid_timestamp'],
    ['timestamp', 'yesterday', 'invalid_timestamp'],
    ['timestamp', 'NaN', 'invalid_timestamp'],
    ['timestamp', '-1430636062', 'invalid_timestamp'],
    ['timestamp', '1430636062.5', 'invalid_timestamp'],
    ['timestamp', '1.43e12', 'invalid_timestamp'],
    ['timestamp', '143063606254', 'invalid_timestamp'],
    ['timestamp', '9999999999999', 'invalid_timestamp'],
    ['event', 'purchase', 'unknown_event_type'],
    ['event', 'constructor', 'unknown_event_type'],
    ['event', '', 'unknown_event_type'],
    ['visitorid', '', 'missing_value'],
    ['itemid', '', 'missing_value'],
  ])('with %s %j is a fault of that column: %s', (field, value, reason) => {
    const mapped = retailrocket.event({ ...row, [field]: value });
    expect(mapped).toMatchObject({ fault: { field, reason } });
  });

  test('names its event: equal rows alike, different rows apart', () => {
    const cells = fc.record({
      timestamp: fc.integer({ min: 1_400_000_000, max: 1_400_000_009 }).map(String),
      visitorid: fc.constantFrom('1', '2', '1 2'),
      event: fc.constantFrom('view', 'addtocart', 'transaction'),
      itemid: fc.constantFrom('1', '2', '2 1'),
    });
    fc.assert(
      fc.property(cells, cells, (left, right) => {
        const isSame = JSON.stringify(left) === JSON.stringify(right);
        expect(eventOf(left).event.event_id === eventOf(right).event.event_id).toBe(isSame);
      }),
    );
  });

  test('whatever its cells are, gives an event with a valid time or a fault with a reason', () => {
    const cell = fc.oneof(fc.string(), fc.constantFrom('view', '1430636062541', '1430636062', '5'));
    fc.assert(
      fc.property(
        fc.record({ timestamp: cell, visitorid: cell, event: cell, itemid: cell }),
        (cells) => {
          const mapped = retailrocket.event(cells);
          if ('fault' in mapped) expect(mapped.fault.reason).toMatch(/^[a-z_]+$/);
          else expect(Date.parse(mapped.event.received_at)).toBe(mapped.at);
        },
      ),
    );
  });
});
