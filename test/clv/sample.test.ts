import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampledBook, sampledNumbers } from '../../shared/domain/clv-sample.ts';
import { noLines, OrderBookDraft } from '../../shared/domain/orders/order-book.ts';

test('a base that is no larger than asked for is taken whole', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(300), fc.integer(), (of, more, seed) => {
      expect(sampledNumbers(of, of + more, seed)).toEqual([...Array(of).keys()]);
    }),
  );
});

test('a larger one is sampled evenly, ascending, the same by the same seed', () => {
  const numbers = sampledNumbers(100_000, 25_000, 7);
  expect(Math.abs(numbers.length - 25_000)).toBeLessThan(600);
  expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
  expect(sampledNumbers(100_000, 25_000, 7)).toEqual(numbers);
  expect(sampledNumbers(100_000, 25_000, 8)).not.toEqual(numbers);
  const firstHalf = numbers.filter((number) => number < 50_000).length;
  expect(Math.abs(firstHalf - numbers.length / 2)).toBeLessThan(500);
});

test('customers of a sampled book keep all their orders', () => {
  const draft = new OrderBookDraft(noLines());
  for (let number = 0; number < 400; number++)
    for (const at of [1, 2])
      draft.add({
        customer: `c${String(number % 200).padStart(3, '0')}`,
        order: `${number} ${at}`,
        at: number < 200 ? at : at + 2,
        product: 'p',
        quantity: 1,
        value: 5,
        cancels: false,
        country: null,
      });
  const book = draft.finish();
  const sample = sampledBook(book, 50, 3);
  expect(sample.customers.map(({ id }) => id)).toEqual(
    sampledNumbers(200, 50, 3).map((number) => book.customers[number]?.id),
  );
  for (const { orders } of sample.customers) expect(orders).toHaveLength(4);
  expect(sample).toMatchObject({ counts: book.counts, from: 1, to: 4 });
});
