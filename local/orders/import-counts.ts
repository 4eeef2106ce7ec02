import type { ImportCounts } from '../../shared/domain/orders/order-book.ts';
import type { OrderStore } from './order-store.ts';

const LINES = [
  'purchases',
  'no_product',
  'cancellations_matched',
  'cancellations_unmatched',
] as const;

/** What became of a store's rows, with the lines of the customers that were read of it. */
export function countsWith(
  { counts }: Pick<OrderStore, 'counts'>,
  parts: readonly Readonly<ImportCounts>[],
): ImportCounts {
  const all: ImportCounts = {
    ...{ purchases: 0, no_product: 0, cancellations_matched: 0, cancellations_unmatched: 0 },
    ...counts,
    dropped: { ...counts.dropped },
  };
  for (const part of parts) {
    for (const name of LINES) all[name] += part[name];
    for (const [reason, count] of Object.entries(part.dropped))
      all.dropped[reason] = (all.dropped[reason] ?? 0) + count;
  }
  return all;
}
