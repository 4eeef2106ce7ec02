import { expect, test } from 'vitest';
import { catalogue, definitionDigests } from '../../shared/features/catalogue.ts';
import { checkViews } from '../../shared/features/check-views.ts';
import { featureViews } from '../../shared/features/definitions.ts';
import published from './published-definitions.json' with { type: 'json' };

const LEXICON = {
  session: `session_duration_seconds event_count page_views product_views distinct_products_viewed
    distinct_categories_viewed searches add_to_cart_count remove_from_cart_count cart_value
    checkout_started last_gap_seconds seconds_since_last_event seconds_since_last_add_to_cart
    mean_seconds_between_events max_views_of_one_product mean_price_viewed hour_of_day is_weekend
    device_type channel_type`,
  session_product: 'product_views_in_session seconds_since_last_view_of_product product_in_cart',
  user: `lifetime_purchase_count avg_order_value_90d days_since_last_purchase
    preferred_product_category purchase_count_30d purchase_count_90d purchase_count_365d
    total_spend_30d total_spend_90d total_spend_365d total_sessions_90d avg_session_duration_90d
    add_to_cart_count_90d recency frequency monetary tenure mean_days_between_orders
    distinct_products_bought return_rate`,
  product: `product.purchase_count_30d product.view_count_30d product.view_to_purchase_rate_30d
    product.avg_price_7d`,
};

test.each(Object.entries(LEXICON))('the %s view has the names of the lexicon', (view, names) => {
  const defined = catalogue().filter((entry) => entry.view === view);
  expect(defined.map(({ name }) => name)).toEqual(expect.arrayContaining(names.split(/\s+/)));
});

test('the lexicon obeys the language', () => {
  expect(checkViews(featureViews)).toBe(featureViews);
});

// A model names its features by these digests: a changed meaning is a new version, never an edit.
test('every definition ever published is still there, unchanged', () => {
  expect(Object.fromEntries(definitionDigests())).toMatchObject(published);
});

test('batch features and the online-only one are marked as such', () => {
  const named = (holds: (entry: ReturnType<typeof catalogue>[number]) => boolean) =>
    catalogue()
      .filter(holds)
      .map(({ name }) => name);
  expect(named(({ online_only }) => online_only)).toEqual(['seconds_since_last_event']);
  expect(named(({ computed_by, view }) => computed_by === 'batch' && view !== 'product')).toEqual([
    'preferred_product_category',
    'distinct_products_bought',
  ]);
});

test.each([
  ['event_count', { type: 'number', window: 'session', null_rule: 'zero', unit: 'events' }],
  ['device_type', { type: 'category', window: 'session', null_rule: 'missing' }],
  ['total_spend_90d', { type: 'number', window: '90 days', null_rule: 'zero', unit: 'currency' }],
  ['tenure', { type: 'number', window: 'lifetime', null_rule: 'missing', unit: 'days' }],
  ['preferred_product_category', { type: 'category', computed_by: 'batch' }],
  ['product.view_to_purchase_rate_30d', { null_rule: 'zero', window: '30 days' }],
])('the entry of %s', (name, expected) => {
  expect(catalogue().find((entry) => entry.name === name)).toMatchObject(expected);
});
