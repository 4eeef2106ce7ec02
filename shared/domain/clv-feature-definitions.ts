import { createHash } from 'node:crypto';
import type { CLV_FEATURES } from './clv-features.ts';

type ClvFeature = (typeof CLV_FEATURES)[number];

const ORDER = 'Orders of products that are not cancelled whole by the cut-off';
const window = (what: string, days: number) => `${what} in the ${days} days up to the cut-off`;
const halved = (what: string, days: number) =>
  `${what}, each times 2^(−age / ${days} days), age in days at the cut-off`;
const quarter = (from: number, to: number) =>
  `Spend of orders more than ${from} and at most ${to} days before the cut-off`;

/** What each feature means. Whoever changes how one is computed changes its words here. */
const CLV_FEATURE_DEFINITIONS: Readonly<Record<ClvFeature, string>> = {
  recency: 'Days from the last order (the first, where all were cancelled) to the cut-off',
  tenure: 'Days from the first order to the cut-off',
  order_count: ORDER,
  order_days: 'Days (UTC) with such orders',
  spend: 'Value of product lines less what was cancelled by the cut-off',
  mean_order_value: 'Spend / orders',
  typical_order_value: 'Geometric mean of order values, each at least 1',
  order_value_variation: 'Standard deviation of order values / their mean, population',
  median_order_value: 'Upper median of order values',
  largest_order_value: 'Largest order value',
  last_order_value: 'Value of the last order',
  first_order_value: 'Value of the first order',
  first_order_lines: 'Product lines of the first order',
  acquired_month: 'Month (UTC) of the first order, 1 to 12',
  order_count_30d: window('Orders', 30),
  order_count_90d: window('Orders', 90),
  order_count_180d: window('Orders', 180),
  order_count_365d: window('Orders', 365),
  spend_30d: window('Spend', 30),
  spend_90d: window('Spend', 90),
  spend_180d: window('Spend', 180),
  spend_365d: window('Spend', 365),
  active_months: 'Spans of 30.5 days before the cut-off that have an order',
  spend_91_to_182d: quarter(91, 182),
  spend_182_to_273d: quarter(182, 273),
  spend_273_to_365d: quarter(273, 364),
  orders_halved_30d: halved('Orders', 30),
  orders_halved_90d: halved('Orders', 90),
  orders_halved_180d: halved('Orders', 180),
  spend_halved_30d: halved('Spend', 30),
  spend_halved_90d: halved('Spend', 90),
  spend_halved_180d: halved('Spend', 180),
  mean_gap: 'Mean days between days with orders',
  last_gap: 'Days between the last two days with orders',
  gap_deviation: 'Standard deviation of the days between days with orders, population',
  longest_gap: 'Most days between days with orders, 0 without any',
  recency_in_gaps: 'Recency / mean gap, that at least 1',
  order_rate: 'Days with orders / tenure, that at least 30 days',
  distinct_products: 'Distinct products ordered',
  lines_per_order: 'Product lines / orders',
  units_per_line: 'Units / product lines',
  mean_price: 'Spend / units',
  reorder_share: 'Share of product lines whose product an earlier order has too',
  order_hour: 'Mean hour of the day (UTC) of orders, with fractions',
  return_rate: 'Value cancelled by the cut-off / value of product lines before cancellations',
  spend_a_year_ago: 'Spend in the days of the horizon a year ago; missing before the data begin',
  order_count_a_year_ago: 'Orders in the days of the horizon a year ago; missing likewise',
  spend_rate: 'Spend of 365 days, or since the data begin, at that rate over the horizon',
  sessions_90d: 'Sessions of the clickstream in the 90 days up to the cut-off',
  carts_90d: 'Products put into carts in the 90 days up to the cut-off',
  alive: 'P(alive) of BG/NBD',
  expected_purchases: 'Purchases that BG/NBD expects in the days of the labels',
  expected_value: 'Value that BG/NBD × Gamma-Gamma expects in the days of the labels',
};

/** SHA-256 (hex) of a feature's name and meaning. */
export function clvFeatureDigest(name: ClvFeature): string {
  const meaning = JSON.stringify({ name, definition: CLV_FEATURE_DEFINITIONS[name] });
  return createHash('sha256').update(meaning).digest('hex');
}
