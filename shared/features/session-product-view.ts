import type { Aggregate, Expression, FeatureView, Filter } from '../schemas/feature-view.ts';
import { SESSION_IDLE_SECONDS } from './session-rule.ts';

const ofProduct = (
  aggregate: Pick<Aggregate, 'function' | 'of'>,
  ...event_types: NonNullable<Filter['event_types']>
): Aggregate => ({
  kind: 'aggregate',
  entity: 'session_product',
  ...aggregate,
  where: { event_types },
  window: { kind: 'session' },
});

export const productViews: Expression = ofProduct({ function: 'count' }, 'product_view');
export const productInCart: Expression = {
  kind: 'equals',
  of: ofProduct(
    { function: 'last', of: 'event_type' },
    'add_to_cart',
    'remove_from_cart',
    'purchase',
  ),
  value: 'add_to_cart',
};

const streamed = { version: 1, computed_by: 'stream', online_only: false } as const;

/** What a session did with one product: the one that the read asks about. */
export const sessionProductView: FeatureView = {
  entity: 'session_product',
  prefix: '',
  time_to_live_seconds: SESSION_IDLE_SECONDS,
  features: [
    {
      ...streamed,
      name: 'product_views_in_session',
      description: 'Views of the product in the session.',
      unit: 'events',
      value: productViews,
    },
    {
      ...streamed,
      name: 'seconds_since_last_view_of_product',
      description: "From the product's last view to the latest event of the session.",
      unit: 'seconds',
      value: {
        kind: 'elapsed',
        from: ofProduct({ function: 'last', of: 'event_timestamp' }, 'product_view'),
        to: {
          kind: 'aggregate',
          entity: 'session',
          function: 'max',
          of: 'event_timestamp',
          where: {},
          window: { kind: 'session' },
        },
        unit: 'seconds',
      },
    },
    {
      ...streamed,
      name: 'product_in_cart',
      description: 'Whether the last thing done with the product was to put it into the cart.',
      unit: '0/1',
      value: productInCart,
    },
  ],
};
