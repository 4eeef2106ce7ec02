import { describe, expect, test } from 'vitest';
import { rees46 } from '../../shared/domain/formats/rees46.ts';

const row = {
  event_time: '2019-10-01 00:00:01 UTC',
  event_type: 'view',
  product_id: '17200506',
  category_id: '2053013559792632471',
  category_code: 'furniture.living_room.sofa',
  brand: 'okyo',
  price: '543.10',
  user_id: '519107250',
  user_session: '566511c2-e2e3-422b-b695-cf8e6e792ca8',
};

function eventOf(cells: Record<string, string>) {
  const mapped = rees46.event(cells);
  if ('fault' in mapped) throw new Error(`a fault: ${mapped.fault.message}`);
  return mapped;
}

describe('a row of the REES46 log', () => {
  test('is the event that the shop would send', () => {
    expect(eventOf(row)).toEqual({
      event: {
        event_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        event_type: 'product_view',
        event_timestamp: '2019-10-01T00:00:01.000Z',
        received_at: '2019-10-01T00:00:01.000Z',
        user_id: '519107250',
        session_id: '566511c2-e2e3-422b-b695-cf8e6e792ca8',
        product_id: '17200506',
        product_category: 'furniture.living_room.sofa',
        brand: 'okyo',
        price: 543.1,
      },
      at: Date.UTC(2019, 9, 1, 0, 0, 1),
      oddities: [],
    });
  });

  test.each([
    ['view', 'product_view'],
    ['cart', 'add_to_cart'],
    ['remove_from_cart', 'remove_from_cart'],
    ['purchase', 'purchase'],
  ])('names %s %s', (event_type, name) => {
    expect(eventOf({ ...row, event_type }).event).toMatchObject({ event_type: name });
  });

  test.each([
    ['category_code', 'product_category', 'unknown', 'category_missing'],
    ['brand', 'brand', null, 'brand_missing'],
    ['price', 'price', null, 'price_missing'],
    ['user_session', 'session_id', null, 'session_missing'],
  ])('with no %s has %s %j and is counted', (column, field, value, oddity) => {
    const mapped = eventOf({ ...row, [column]: '' });
    expect(mapped.event[field]).toBe(value);
    expect(mapped.oddities).toEqual([oddity]);
  });

  test.each(['0.00', '0', '0.0'])('priced %s has an unknown price', (price) => {
    const mapped = eventOf({ ...row, price });
    expect(mapped.event['price']).toBeNull();
    expect(mapped.oddities).toEqual(['price_zero']);
  });

  test('priced below zero is left for the platform to reject', () => {
    expect(eventOf({ ...row, price: '-5.00' }).event['price']).toBe(-5);
  });

  test('tells category ids beyond 2^53 apart', () => {
    const [left, right] = ['2053013559792632471', '2053013559792632472'].map(
      (category_id) => eventOf({ ...row, category_id }).event.event_id,
    );
    expect(Number('2053013559792632471')).toBe(Number('2053013559792632472'));
    expect(left).not.toBe(right);
  });

  test('makes purchases of a user and a second one order', () => {
    const [first, second, later] = [
      { product_id: '1' },
      { product_id: '2' },
      { event_time: '2019-10-01 00:00:02 UTC' },
    ].map((cells) => eventOf({ ...row, event_type: 'purchase', ...cells }).event['order_id']);
    expect(second).toBe(first);
    expect(later).not.toBe(first);
  });

  test.each([
    ['event_time', '', 'invalid_timestamp'],
    ['event_time', '2019-10-01 00:00:01', 'invalid_timestamp'],
    ['event_time', '2019-10-01T00:00:01Z', 'invalid_timestamp'],
    ['event_time', '2019-06-31 00:00:01 UTC', 'invalid_timestamp'],
    ['event_time', '2019-10-01 25:00:01 UTC', 'invalid_timestamp'],
    ['event_type', 'wishlist', 'unknown_event_type'],
    ['event_type', '__proto__', 'unknown_event_type'],
    ['user_id', '', 'missing_value'],
    ['product_id', '', 'missing_value'],
    ['price', 'NaN', 'invalid_price'],
    ['price', 'Infinity', 'invalid_price'],
    ['price', '1e3', 'invalid_price'],
    ['price', '12,50', 'invalid_price'],
  ])('with %s %j is a fault of that column: %s', (field, value, reason) => {
    expect(rees46.event({ ...row, [field]: value })).toMatchObject({ fault: { field, reason } });
  });
});
