import type { BuyTillYouDiePrediction } from './clv-buy-till-you-die.ts';
import { type CustomerAsOf, DAY_MS, orderDays } from './orders/customer-as-of.ts';

/** What the trees learn from, by column. Missing is NaN. Days and money unless the name says else. */
export const CLV_FEATURES = [
  'recency',
  'tenure',
  'order_count',
  'order_days',
  'spend',
  'mean_order_value',
  'median_order_value',
  'largest_order_value',
  'last_order_value',
  'order_count_30d',
  'order_count_90d',
  'order_count_180d',
  'order_count_365d',
  'spend_30d',
  'spend_90d',
  'spend_180d',
  'spend_365d',
  'mean_gap',
  'last_gap',
  'gap_deviation',
  'recency_in_gaps',
  'distinct_products',
  'lines_per_order',
  'units_per_line',
  'return_rate',
  'spend_a_year_ago',
  'order_count_a_year_ago',
  'spend_rate',
  'alive',
  'expected_purchases',
  'expected_value',
] as const;

/**
 * The features of one customer, in the order of `CLV_FEATURES`.
 * @param horizonDays of the value to predict
 * @param dataFrom when the data begin, epoch milliseconds: what would need earlier data is missing
 */
export function clvFeatures(
  known: CustomerAsOf,
  prediction: BuyTillYouDiePrediction,
  horizonDays: number,
  dataFrom: number,
): readonly number[] {
  const { at, orders, cancellations, grossSpend, firstOrderAt } = known;
  const days = orderDays(orders).map(({ day }) => day);
  const gaps = days.slice(1).map((day, index) => day - (days[index] as number));
  const last = orders.at(-1);
  const recency = (at - (last?.at ?? firstOrderAt)) / DAY_MS;
  const tenure = (at - firstOrderAt) / DAY_MS;
  const values = orders.map(({ value }) => value).sort((one, other) => one - other);
  const spend = sum(values);
  const trailing = (length: number) => {
    const recent = orders.filter((order) => order.at >= at - length * DAY_MS);
    return { count: recent.length, spend: sum(recent.map(({ value }) => value)) };
  };
  const windows = [30, 90, 180, 365].map(trailing);
  const meanGap = mean(gaps);
  const lines = sum(orders.map(({ products }) => products.length));
  const yearAgo = at - 365 * DAY_MS;
  const season =
    dataFrom > yearAgo
      ? null
      : orders.filter((order) => order.at >= yearAgo && order.at < yearAgo + horizonDays * DAY_MS);
  const observed = Math.min(365, Math.max(1, (at - dataFrom) / DAY_MS));
  return [
    recency,
    tenure,
    orders.length,
    days.length,
    spend,
    mean(values),
    values[Math.floor(values.length / 2)] ?? Number.NaN,
    values.at(-1) ?? Number.NaN,
    last?.value ?? Number.NaN,
    ...windows.map(({ count }) => count),
    ...windows.map((window) => window.spend),
    meanGap,
    gaps.at(-1) ?? Number.NaN,
    Math.sqrt(mean(gaps.map((gap) => (gap - meanGap) ** 2))),
    recency / Math.max(1, meanGap),
    new Set(orders.flatMap(({ products }) => products)).size,
    lines / orders.length,
    sum(orders.map(({ units }) => units)) / lines,
    grossSpend > 0 ? sum(cancellations.map(({ value }) => value)) / grossSpend : 0,
    season === null ? Number.NaN : sum(season.map(({ value }) => value)),
    season === null ? Number.NaN : season.length,
    ((windows[3] as { spend: number }).spend / observed) * horizonDays,
    prediction.alive,
    prediction.purchases,
    prediction.value,
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}

/** NaN without values. */
function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
