import type { Cancellation, Customer, Order } from './order-book.ts';

export const DAY_MS = 86_400_000;

/** An order as it stood at a time: what was cancelled by then is taken off. */
export interface StandingOrder {
  readonly at: number;
  readonly value: number;
  readonly products: readonly number[];
  readonly units: number;
}

/** What a shop knew of a customer at a time; nothing later is in it. */
export interface CustomerAsOf {
  readonly customer: Customer;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Orders of products, by time, without those cancelled whole. */
  readonly orders: readonly StandingOrder[];
  /** Cancellations of products, by time. */
  readonly cancellations: readonly Cancellation[];
  /** Of product lines before cancellations. */
  readonly grossSpend: number;
  readonly firstOrderAt: number;
}

/** Less than this is nothing: sums of decimal amounts leave such rests. */
const NOTHING = 0.005;

/** @returns null for a customer without an order before that time */
export function customerAsOf(customer: Customer, at: number): CustomerAsOf | null {
  const before = customer.orders.filter((order) => order.at < at);
  const [first] = before;
  if (first === undefined) return null;
  return {
    customer,
    at,
    orders: before
      .filter(({ products }) => products.length > 0)
      .flatMap((one) => standing(one, at)),
    cancellations: customer.cancellations.filter((one) => one.at < at),
    grossSpend: before.reduce((sum, { value }) => sum + value, 0),
    firstOrderAt: first.at,
  };
}

function standing(order: Order, asOf: number): StandingOrder[] {
  const { at, products, units } = order;
  const cancelled = order.cancelled.reduce(
    (sum, one) => (one.at < asOf ? sum + one.value : sum),
    0,
  );
  const value = order.value - cancelled;
  return cancelled > 0 && value < NOTHING ? [] : [{ at, value, products, units }];
}

/**
 * Net value of product lines in [from, to): cancellations in it subtracted, whatever they cancel;
 * not below 0.
 */
export function valueBetween(
  { orders, cancellations }: Customer,
  from: number,
  to: number,
): number {
  const within = ({ at }: { readonly at: number }) => at >= from && at < to;
  const bought = orders.filter(within).reduce((sum, { value }) => sum + value, 0);
  const taken = cancellations.filter(within).reduce((sum, { value }) => sum + value, 0);
  return Math.max(0, bought - taken);
}
