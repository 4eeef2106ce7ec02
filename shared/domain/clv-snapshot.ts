import {
  type BuyTillYouDie,
  type BuyTillYouDiePrediction,
  fitBuyTillYouDie,
  purchaseHistory,
} from './clv-buy-till-you-die.ts';
import { CLV_FEATURES, clvFeatures } from './clv-features.ts';
import { type CustomerAsOf, customerAsOf, DAY_MS } from './orders/customer-as-of.ts';
import type { OrderBook } from './orders/order-book.ts';

/** Everybody who had bought by a cut-off, as known then. */
export interface ClvSnapshot {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly horizonDays: number;
  readonly customers: readonly CustomerAsOf[];
  readonly buyTillYouDie: BuyTillYouDie;
  readonly predictions: readonly BuyTillYouDiePrediction[];
  /** By `CLV_FEATURES`, one value per customer. */
  readonly columns: readonly Float32Array[];
}

/** Uses nothing that happened at `at` or later. */
export function clvSnapshot(
  { customers, from }: Pick<OrderBook, 'customers' | 'from'>,
  at: number,
  horizonDays: number,
): ClvSnapshot {
  const known = customers
    .map((customer) => customerAsOf(customer, at))
    .filter((customer) => customer !== null);
  const histories = known.map(purchaseHistory);
  const buyTillYouDie = fitBuyTillYouDie(histories);
  const predictions = histories.map((history) => buyTillYouDie.predict(history, horizonDays));
  const columns = CLV_FEATURES.map(() => new Float32Array(known.length));
  for (const [row, customer] of known.entries()) {
    const prediction = predictions[row] as BuyTillYouDiePrediction;
    const values = clvFeatures(customer, prediction, horizonDays, from);
    for (const [column, value] of values.entries()) (columns[column] as Float32Array)[row] = value;
  }
  return { at, horizonDays, customers: known, buyTillYouDie, predictions, columns };
}

/**
 * What the customer spent in the last year (or since the data begin), at that rate over the horizon.
 */
export function pastSpend({ customers, at, horizonDays }: ClvSnapshot, from: number): Float64Array {
  const days = Math.min(365, Math.max(1, (at - from) / DAY_MS));
  return Float64Array.from(customers, ({ orders }) => {
    let spend = 0;
    for (const order of orders) if (order.at >= at - days * DAY_MS) spend += order.value;
    return (spend * horizonDays) / days;
  });
}
