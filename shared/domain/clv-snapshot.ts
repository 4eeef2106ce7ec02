import {
  type BuyTillYouDie,
  type BuyTillYouDieFit,
  type BuyTillYouDiePrediction,
  fitBuyTillYouDie,
  type PurchaseHistory,
  predictBuyTillYouDie,
  purchaseHistory,
} from './clv-buy-till-you-die.ts';
import { CLV_FEATURES, writeClvFeatures } from './clv-features.ts';
import { type CustomerAsOf, customerAsOf, DAY_MS } from './orders/customer-as-of.ts';
import type { OrderBook } from './orders/order-book.ts';

/** Everybody who had bought by a cut-off, as known then. */
export interface ClvSnapshot {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly horizonDays: number;
  readonly customers: readonly CustomerAsOf[];
  readonly histories: readonly PurchaseHistory[];
  /** Of BG/NBD × Gamma-Gamma over the horizon. */
  readonly predictions: readonly BuyTillYouDiePrediction[];
  /** Of the same over the days of the labels. */
  readonly short: readonly BuyTillYouDiePrediction[];
  /** By `CLV_FEATURES`, one value per customer. */
  readonly columns: readonly Float32Array[];
}

export interface ClvSpan {
  readonly horizonDays: number;
  /** Days that labels cover; features look as far ahead. */
  readonly labelDays: number;
  /** When the orders began, epoch milliseconds. */
  readonly from: number;
}

/** What fits BG/NBD and Gamma-Gamma to a cut-off. Uses nothing that happened at `at` or later. */
export function fitAt({ customers }: Pick<OrderBook, 'customers'>, at: number): BuyTillYouDieFit {
  return fitBuyTillYouDie(knownAt(customers, at).map(purchaseHistory));
}

/** Uses nothing that happened at `at` or later, and no customer for another. */
export function clvSnapshot(
  { customers }: Pick<OrderBook, 'customers'>,
  at: number,
  { horizonDays, labelDays, from }: ClvSpan,
  models: BuyTillYouDie,
): ClvSnapshot {
  const known = knownAt(customers, at);
  const histories = known.map(purchaseHistory);
  const over = (days: number) =>
    histories.map((history) => predictBuyTillYouDie(models, history, days));
  const predictions = over(horizonDays);
  const short = labelDays === horizonDays ? predictions : over(labelDays);
  const columns = CLV_FEATURES.map(() => new Float32Array(known.length));
  for (const [row, customer] of known.entries())
    writeClvFeatures(
      customer,
      short[row] as BuyTillYouDiePrediction,
      { days: labelDays, dataFrom: from },
      columns,
      row,
    );
  return { at, horizonDays, customers: known, histories, predictions, short, columns };
}

function knownAt(customers: OrderBook['customers'], at: number): readonly CustomerAsOf[] {
  return customers
    .map((customer) => customerAsOf(customer, at))
    .filter((customer) => customer !== null);
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
