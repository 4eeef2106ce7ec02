import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readLakeOrders } from '../local/lake-orders.ts';
import { countsWith } from '../local/orders/import-counts.ts';
import { openOrderStore } from '../local/orders/order-part.ts';
import { storeOrders } from '../local/orders/order-store.ts';
import { parseOrderSource } from '../local/read-orders.ts';
import { MOST_TRAINED_CUSTOMERS, sampledBook } from '../shared/domain/clv-sample.ts';
import { dataDirectory } from '../shared/embedded/data-directory.ts';
import { type ClvOrders, digestsOf, isLake, requireFilesWithoutActivity } from './clv-orders.ts';

export interface TrainingOrders extends ClvOrders {
  /** Customers of the base: more than those of the book where it is a sample. */
  readonly base: number;
}

/**
 * The orders to train on: all, or those of a seeded sample of the customers where they are many.
 * @param before epoch milliseconds: what is dated later is dropped
 * @throws Usage, UnreadableInput, NotEnoughData
 */
export async function readTrainingOrders(
  source: string,
  options: {
    readonly before: number;
    readonly activity: boolean;
    readonly seed: number;
    readonly report: (text: string) => void;
  },
): Promise<TrainingOrders> {
  const { before, activity, seed, report } = options;
  if (isLake(source)) {
    const { book, digest } = await readLakeOrders(before, activity);
    const sample = sampledBook(book, MOST_TRAINED_CUSTOMERS, seed);
    return { book: sample, base: book.customers.length, digests: [digest] };
  }
  requireFilesWithoutActivity(source, activity);
  const files = parseOrderSource(source);
  // In the data directory: what is sorted on disk is as large as the orders.
  const folder = mkdtempSync(join(dataDirectory().path, 'clv-train-'));
  try {
    report('sorting orders by customer');
    const store = await storeOrders(files, before, folder);
    const reader = await openOrderStore(store.file);
    try {
      const { from, to, customers: base } = store;
      const sample = await reader.sample(MOST_TRAINED_CUSTOMERS, seed);
      const book = { ...sample, counts: countsWith(store, [sample.counts]), from, to };
      return { book, base, digests: await digestsOf(source) };
    } finally {
      reader.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
