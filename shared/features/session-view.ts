import type { Aggregate, Expression, FeatureView, Filter } from '../schemas/feature-view.ts';
import { productInCart, productViews } from './session-product-view.ts';
import { SESSION_IDLE_SECONDS } from './session-rule.ts';

const session = (
  aggregate: Pick<Aggregate, 'function' | 'of' | 'back'>,
  where: Filter = {},
): Aggregate => ({
  kind: 'aggregate',
  entity: 'session',
  ...aggregate,
  where,
  window: { kind: 'session' },
});
const countOf = (...event_types: NonNullable<Filter['event_types']>): Aggregate =>
  session({ function: 'count' }, { event_types });
const amountOf = (...event_types: NonNullable<Filter['event_types']>): Aggregate =>
  session({ function: 'sum', of: 'amount' }, { event_types });

const events = session({ function: 'count' });
const startTime = session({ function: 'min', of: 'event_timestamp' });
/** The running maximum: the session's own clock, which training rows and serving share. */
const sessionTime = session({ function: 'max', of: 'event_timestamp' });
const duration: Expression = {
  kind: 'elapsed',
  from: startTime,
  to: sessionTime,
  unit: 'seconds',
};

const streamed = { version: 1, computed_by: 'stream', online_only: false } as const;

const previousSession = (
  count: 'event_count' | 'add_to_cart_count' | 'purchase_count',
  description: string,
) => ({
  ...streamed,
  name: `previous_session_${count}`,
  description: `${description} the visitor's previous session.`,
  unit: 'events',
  value: session({ function: 'first', of: `previous_session_${count}` }),
});

/** One visit of a visitor, by the session rule (`session-rule.ts`). */
export const sessionView: FeatureView = {
  entity: 'session',
  prefix: '',
  time_to_live_seconds: SESSION_IDLE_SECONDS,
  features: [
    {
      ...streamed,
      name: 'session_duration_seconds',
      description: 'From the earliest to the latest event of the session.',
      unit: 'seconds',
      value: duration,
    },
    {
      ...streamed,
      name: 'event_count',
      description: 'Events of the session, of every type.',
      unit: 'events',
      value: events,
    },
    {
      ...streamed,
      name: 'page_views',
      description: 'Pages viewed that are not product pages.',
      unit: 'events',
      value: countOf('page_view'),
    },
    {
      ...streamed,
      name: 'product_views',
      description: 'Product pages viewed.',
      unit: 'events',
      value: countOf('product_view'),
    },
    {
      ...streamed,
      name: 'distinct_products_viewed',
      description: 'Different products viewed.',
      unit: 'products',
      value: { kind: 'roll_up', function: 'count', of: productViews },
    },
    {
      ...streamed,
      name: 'distinct_categories_viewed',
      description: 'Different categories of the products viewed, unknown ones aside.',
      unit: 'categories',
      value: session(
        { function: 'distinct_count', of: 'product_category' },
        {
          event_types: ['product_view'],
          conditions: [{ test: 'not_in', field: 'product_category', values: ['unknown'] }],
        },
      ),
    },
    {
      ...streamed,
      name: 'searches',
      description: 'Searches made.',
      unit: 'events',
      value: countOf('search'),
    },
    {
      ...streamed,
      name: 'add_to_cart_count',
      description: 'Times something was put into the cart.',
      unit: 'events',
      value: countOf('add_to_cart'),
    },
    {
      ...streamed,
      name: 'remove_from_cart_count',
      description: 'Times something was taken out of the cart.',
      unit: 'events',
      value: countOf('remove_from_cart'),
    },
    {
      ...streamed,
      name: 'cart_value',
      description: 'Put into the cart, less taken out and bought; lines without a price count 0.',
      unit: 'currency',
      value: {
        kind: 'difference',
        of: amountOf('add_to_cart'),
        minus: [amountOf('remove_from_cart'), amountOf('purchase')],
        at_least: 0,
      },
    },
    {
      ...streamed,
      name: 'cart_product_count',
      description: 'Different products in the cart.',
      unit: 'products',
      value: { kind: 'roll_up', function: 'sum', of: productInCart },
    },
    {
      ...streamed,
      name: 'checkout_started',
      description: 'Whether a checkout was started.',
      unit: '0/1',
      value: session({ function: 'exists' }, { event_types: ['checkout_start'] }),
    },
    {
      ...streamed,
      name: 'purchases_in_session',
      description: 'Orders placed in the session.',
      unit: 'orders',
      value: session({ function: 'distinct_count', of: 'order' }, { event_types: ['purchase'] }),
    },
    {
      ...streamed,
      name: 'last_gap_seconds',
      description: 'From the last but one event to the last.',
      unit: 'seconds',
      value: {
        kind: 'elapsed',
        from: session({ function: 'last', of: 'event_timestamp', back: 1 }),
        to: session({ function: 'last', of: 'event_timestamp' }),
        unit: 'seconds',
      },
    },
    {
      ...streamed,
      name: 'seconds_since_last_event',
      description: 'From the latest event to now.',
      unit: 'seconds',
      online_only: true,
      value: { kind: 'time_since', of: sessionTime, unit: 'seconds' },
    },
    {
      ...streamed,
      name: 'seconds_since_last_add_to_cart',
      description: 'From the last time something was put into the cart to the latest event.',
      unit: 'seconds',
      value: {
        kind: 'elapsed',
        from: session(
          { function: 'last', of: 'event_timestamp' },
          { event_types: ['add_to_cart'] },
        ),
        to: sessionTime,
        unit: 'seconds',
      },
    },
    {
      ...streamed,
      name: 'events_since_last_add_to_cart',
      description: 'Events after the last time something was put into the cart.',
      unit: 'events',
      value: {
        kind: 'difference',
        of: events,
        minus: [session({ function: 'last', of: 'event_index' }, { event_types: ['add_to_cart'] })],
      },
    },
    {
      ...streamed,
      name: 'mean_seconds_between_events',
      description: 'Session duration over the number of gaps between its events.',
      unit: 'seconds',
      value: {
        kind: 'ratio',
        of: duration,
        per: { kind: 'difference', of: events, minus: [{ kind: 'constant', value: 1 }] },
      },
    },
    {
      ...streamed,
      name: 'max_views_of_one_product',
      description: 'Views of the product viewed most.',
      unit: 'events',
      value: { kind: 'roll_up', function: 'max', of: productViews },
    },
    {
      ...streamed,
      name: 'mean_price_viewed',
      description: 'Mean price over the product views that carry one.',
      unit: 'currency',
      value: session({ function: 'mean', of: 'price' }, { event_types: ['product_view'] }),
    },
    {
      ...streamed,
      name: 'session_number',
      description: 'Which session of the visitor this is, from 1.',
      unit: 'sessions',
      value: session({ function: 'last', of: 'session_number' }),
    },
    {
      ...streamed,
      name: 'days_since_previous_session',
      description: "From the latest event of the visitor's previous session to this one's start.",
      unit: 'days',
      value: {
        kind: 'elapsed',
        from: session({ function: 'last', of: 'previous_session_timestamp' }),
        to: startTime,
        unit: 'days',
      },
    },
    previousSession('event_count', 'Events of'),
    previousSession('add_to_cart_count', 'Times something was put into the cart in'),
    previousSession('purchase_count', 'Purchase lines of'),
    {
      ...streamed,
      name: 'hour_of_day',
      description: "Hour of the latest event on the shop's clock.",
      unit: 'hour 0-23',
      value: { kind: 'clock_part', of: sessionTime, part: 'hour_of_day' },
    },
    {
      ...streamed,
      name: 'is_weekend',
      description: "Whether the latest event is on a Saturday or Sunday of the shop's clock.",
      unit: '0/1',
      value: { kind: 'clock_part', of: sessionTime, part: 'is_weekend' },
    },
    {
      ...streamed,
      name: 'device_type',
      description: 'Device of the last event.',
      unit: 'category',
      value: session({ function: 'last', of: 'device_type' }),
    },
    {
      ...streamed,
      name: 'channel_type',
      description: 'Channel of the last event.',
      unit: 'category',
      value: session({ function: 'last', of: 'channel_type' }),
    },
  ],
};
