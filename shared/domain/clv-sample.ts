import { seededRandom } from '../math/seeded-random.ts';
import type { OrderBook } from './orders/order-book.ts';

/**
 * Of a larger base a sample learns: at twelve cut-offs it is 300,000 rows, and more customers make the
 * training slower than its model better.
 */
export const MOST_TRAINED_CUSTOMERS = 25_000;

/** About `count` of the numbers below `of`, evenly, ascending: the same seed names the same ones. */
export function sampledNumbers(of: number, count: number, seed: number): number[] {
  if (count >= of) return [...Array(of).keys()];
  const random = seededRandom(seed);
  return [...Array(of).keys()].filter(() => random() < count / of);
}

/** The book with about `count` of its customers. */
export function sampledBook(book: OrderBook, count: number, seed: number): OrderBook {
  if (count >= book.customers.length) return book;
  const chosen = new Set(sampledNumbers(book.customers.length, count, seed));
  return { ...book, customers: book.customers.filter((_, number) => chosen.has(number)) };
}
