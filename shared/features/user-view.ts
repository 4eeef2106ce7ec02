import type { Aggregate, Expression, FeatureView, Filter } from '../schemas/feature-view.ts';

type EventTypes = NonNullable<Filter['event_types']>;
const ofUser = (
  aggregate: Pick<Aggregate, 'function' | 'of'>,
  event_types: EventTypes,
  days?: number,
): Aggregate => ({
  kind: 'aggregate',
  entity: 'user',
  ...aggregate,
  where: { event_types },
  window: days === undefined ? { kind: 'lifetime' } : { kind: 'trailing', days },
});

const orders = (days?: number): Aggregate =>
  ofUser({ function: 'distinct_count', of: 'order' }, ['purchase'], days);
const bought = (days?: number): Aggregate =>
  ofUser({ function: 'sum', of: 'amount' }, ['purchase'], days);
const spend = (days?: number): Expression => ({
  kind: 'difference',
  of: bought(days),
  minus: [ofUser({ function: 'sum', of: 'amount' }, ['refund'], days)],
});
const firstPurchase = ofUser({ function: 'min', of: 'event_timestamp' }, ['purchase']);
const lastPurchase = ofUser({ function: 'max', of: 'event_timestamp' }, ['purchase']);
const repeatOrders: Expression = {
  kind: 'difference',
  of: orders(),
  minus: [{ kind: 'constant', value: 1 }],
  at_least: 0,
};
const buyingSpan: Expression = {
  kind: 'elapsed',
  from: firstPurchase,
  to: lastPurchase,
  unit: 'days',
};

const streamed = { version: 1, computed_by: 'stream', online_only: false } as const;
const batch = { version: 1, computed_by: 'batch', online_only: false } as const;

const purchaseCount = (days: number) => ({
  ...streamed,
  name: `purchase_count_${days}d`,
  description: `Orders of the last ${days} days.`,
  unit: 'orders',
  value: orders(days),
});
const totalSpend = (days: number) => ({
  ...streamed,
  name: `total_spend_${days}d`,
  description: `Bought less refunded in the last ${days} days; a refund counts on its own day.`,
  unit: 'currency',
  value: spend(days),
});

/** A known customer, over all their devices. */
export const userView: FeatureView = {
  entity: 'user',
  prefix: '',
  time_to_live_seconds: null,
  features: [
    {
      ...streamed,
      name: 'lifetime_purchase_count',
      description: 'Orders ever placed.',
      unit: 'orders',
      value: orders(),
    },
    {
      ...streamed,
      name: 'avg_order_value_90d',
      description: 'Amount bought over orders placed, last 90 days.',
      unit: 'currency',
      value: { kind: 'ratio', of: bought(90), per: orders(90) },
    },
    {
      ...streamed,
      name: 'days_since_last_purchase',
      description: 'Since the latest purchase.',
      unit: 'days',
      value: { kind: 'time_since', of: lastPurchase, unit: 'days' },
    },
    {
      ...batch,
      name: 'preferred_product_category',
      description: 'The category bought most often.',
      unit: 'category',
      value: ofUser({ function: 'most_frequent', of: 'product_category' }, ['purchase']),
    },
    purchaseCount(30),
    purchaseCount(90),
    purchaseCount(365),
    totalSpend(30),
    totalSpend(90),
    totalSpend(365),
    {
      ...streamed,
      name: 'total_sessions_90d',
      description: 'Sessions in which the user was known, last 90 days.',
      unit: 'sessions',
      value: ofUser({ function: 'count' }, ['session_start'], 90),
    },
    {
      ...streamed,
      name: 'avg_session_duration_90d',
      description: 'Mean duration of the sessions followed by another one, last 90 days.',
      unit: 'seconds',
      value: ofUser({ function: 'mean', of: 'session_seconds' }, ['session_end'], 90),
    },
    {
      ...streamed,
      name: 'add_to_cart_count_90d',
      description: 'Times something was put into the cart, last 90 days.',
      unit: 'events',
      value: ofUser({ function: 'count' }, ['add_to_cart'], 90),
    },
    {
      ...streamed,
      name: 'recency',
      description: 'From the first to the latest purchase: the recency of BG/NBD.',
      unit: 'days',
      value: buyingSpan,
    },
    {
      ...streamed,
      name: 'frequency',
      description: 'Orders after the first.',
      unit: 'orders',
      value: repeatOrders,
    },
    {
      ...streamed,
      name: 'monetary',
      description: 'Mean value of an order, over all orders.',
      unit: 'currency',
      value: { kind: 'ratio', of: bought(), per: orders() },
    },
    {
      ...streamed,
      name: 'tenure',
      description: 'Since the first purchase: the T of BG/NBD.',
      unit: 'days',
      value: { kind: 'time_since', of: firstPurchase, unit: 'days' },
    },
    {
      ...streamed,
      name: 'mean_days_between_orders',
      description: 'From the first to the latest purchase, over the orders after the first.',
      unit: 'days',
      value: { kind: 'ratio', of: buyingSpan, per: repeatOrders },
    },
    {
      ...batch,
      name: 'distinct_products_bought',
      description: 'Different products ever bought.',
      unit: 'products',
      value: ofUser({ function: 'distinct_count', of: 'product_id' }, ['purchase']),
    },
    {
      ...streamed,
      name: 'return_rate',
      description: 'Orders refunded, in part or whole, over orders placed.',
      unit: 'ratio',
      value: {
        kind: 'ratio',
        of: ofUser({ function: 'distinct_count', of: 'order' }, ['refund']),
        per: orders(),
      },
    },
  ],
};
