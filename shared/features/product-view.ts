import type { Aggregate, FeatureView, Filter } from '../schemas/feature-view.ts';

const ofProduct = (
  aggregate: Pick<Aggregate, 'function' | 'of'>,
  event_types: NonNullable<Filter['event_types']>,
  days: number,
): Aggregate => ({
  kind: 'aggregate',
  entity: 'product',
  ...aggregate,
  where: { event_types },
  window: { kind: 'trailing', days },
});

const batch = { version: 1, computed_by: 'batch', online_only: false } as const;

/** A product, over all visitors: written by the daily batch only. */
export const productView: FeatureView = {
  entity: 'product',
  prefix: 'product.',
  time_to_live_seconds: null,
  features: [
    {
      ...batch,
      name: 'purchase_count_30d',
      description: 'Purchase lines of the product in the last 30 days.',
      unit: 'events',
      value: ofProduct({ function: 'count' }, ['purchase'], 30),
    },
    {
      ...batch,
      name: 'view_count_30d',
      description: 'Views of the product in the last 30 days.',
      unit: 'events',
      value: ofProduct({ function: 'count' }, ['product_view'], 30),
    },
    {
      ...batch,
      name: 'view_to_purchase_rate_30d',
      description: 'Purchase lines over views, drawn to 2 % as if by 100 more views.',
      unit: 'ratio',
      value: {
        kind: 'ratio',
        of: ofProduct({ function: 'count' }, ['purchase'], 30),
        per: ofProduct({ function: 'count' }, ['product_view'], 30),
        prior: { of: 2, per: 100 },
      },
    },
    {
      ...batch,
      name: 'avg_price_7d',
      description: 'Mean price over the views of the last 7 days that carry one.',
      unit: 'currency',
      value: ofProduct({ function: 'mean', of: 'price' }, ['product_view'], 7),
    },
  ],
};
