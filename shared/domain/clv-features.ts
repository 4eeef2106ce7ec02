import type { BuyTillYouDiePrediction } from './clv-buy-till-you-die.ts';
import { type CustomerAsOf, DAY_MS, type StandingOrder } from './orders/customer-as-of.ts';

/**
 * What the trees learn from, by column. Missing is NaN. Days and money unless the name says else;
 * `a_year_ago` is the horizon's days of the last year.
 */
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
  'first_order_value',
  'first_order_lines',
  'acquired_month',
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
  'order_rate',
  'distinct_products',
  'lines_per_order',
  'units_per_line',
  'mean_price',
  'return_rate',
  'spend_a_year_ago',
  'order_count_a_year_ago',
  'spend_rate',
  'sessions_90d',
  'carts_90d',
  'alive',
  'expected_purchases',
  'expected_value',
] as const;
export type ClvFeature = (typeof CLV_FEATURES)[number];

const WINDOWS = [30, 90, 180, 365] as const;
const YEAR_DAYS = 365;
const LEAST_TENURE_DAYS = 30;

export interface FeatureSpan {
  /** Days to predict. */
  readonly days: number;
  /** When the orders began, epoch milliseconds: what would need earlier data is missing. */
  readonly dataFrom: number;
}

/** Writes the features of one customer into a row of the columns of `CLV_FEATURES`. */
export function writeClvFeatures(
  known: CustomerAsOf,
  prediction: BuyTillYouDiePrediction,
  span: FeatureSpan,
  columns: readonly Float32Array[],
  row: number,
): void {
  const { at, orders, cancellations, grossSpend, firstOrderAt } = known;
  const amounts = amountsOf(orders);
  const recent = recentOrders(orders, at);
  const gaps = gapsOf(orders);
  const last = orders.at(-1);
  const first = orders[0];
  const recency = (at - (last?.at ?? firstOrderAt)) / DAY_MS;
  const tenure = (at - firstOrderAt) / DAY_MS;
  const returned = cancellations.reduce((sum, { value }) => sum + value, 0);
  const yearAgo = at - YEAR_DAYS * DAY_MS;
  const season =
    span.dataFrom > yearAgo ? null : between(orders, yearAgo, yearAgo + span.days * DAY_MS);
  const observed = Math.min(YEAR_DAYS, Math.max(1, (at - span.dataFrom) / DAY_MS));
  const activity = known.customer.activity;
  let column = 0;
  const write = (value: number) => {
    (columns[column++] as Float32Array)[row] = value;
  };
  write(recency);
  write(tenure);
  write(orders.length);
  write(gaps.days);
  write(amounts.spend);
  write(amounts.spend / orders.length);
  write(amounts.median);
  write(amounts.largest);
  write(last?.value ?? Number.NaN);
  write(first?.value ?? Number.NaN);
  write(first?.products.length ?? Number.NaN);
  write(new Date(firstOrderAt).getUTCMonth() + 1);
  for (const { count } of recent) write(count);
  for (const { spend } of recent) write(spend);
  write(gaps.mean);
  write(gaps.last);
  write(gaps.deviation);
  write(recency / Math.max(1, gaps.mean));
  write(gaps.days / Math.max(LEAST_TENURE_DAYS, tenure));
  write(distinctProducts(orders));
  write(amounts.lines / orders.length);
  write(amounts.units / amounts.lines);
  write(amounts.spend / amounts.units);
  write(grossSpend > 0 ? returned / grossSpend : 0);
  write(season?.spend ?? Number.NaN);
  write(season?.count ?? Number.NaN);
  write(((recent[3]?.spend ?? 0) / observed) * span.days);
  write(since(activity?.sessions, at));
  write(since(activity?.carts, at));
  write(prediction.alive);
  write(prediction.purchases);
  write(prediction.value);
}

interface Trade {
  count: number;
  spend: number;
}

function between(orders: readonly StandingOrder[], from: number, to: number): Trade {
  const trade = { count: 0, spend: 0 };
  for (const order of orders) {
    if (order.at < from || order.at >= to) continue;
    trade.count++;
    trade.spend += order.value;
  }
  return trade;
}

/** By `WINDOWS`. */
function recentOrders(orders: readonly StandingOrder[], at: number): readonly Trade[] {
  const trades = WINDOWS.map(() => ({ count: 0, spend: 0 }));
  for (let index = orders.length - 1; index >= 0; index--) {
    const order = orders[index] as StandingOrder;
    const age = at - order.at;
    if (age > WINDOWS[3] * DAY_MS) break;
    for (const [window, trade] of trades.entries())
      if (age <= (WINDOWS[window] as number) * DAY_MS) {
        trade.count++;
        trade.spend += order.value;
      }
  }
  return trades;
}

/** Days between days with orders. */
function gapsOf(orders: readonly StandingOrder[]) {
  let [days, first, latest, last, squares] = [0, 0, 0, Number.NaN, 0];
  for (const order of orders) {
    const day = Math.floor(order.at / DAY_MS);
    if (days === 0) first = day;
    else if (day === latest) continue;
    else {
      last = day - latest;
      squares += last * last;
    }
    days++;
    latest = day;
  }
  const mean = days > 1 ? (latest - first) / (days - 1) : Number.NaN;
  return {
    days,
    mean,
    last,
    deviation: Math.sqrt(Math.max(0, squares / (days - 1) - mean * mean)),
  };
}

function amountsOf(orders: readonly StandingOrder[]) {
  let [spend, lines, units] = [0, 0, 0];
  const values = new Float64Array(orders.length);
  for (const [index, order] of orders.entries()) {
    values[index] = order.value;
    spend += order.value;
    lines += order.products.length;
    units += order.units;
  }
  values.sort();
  return {
    spend,
    lines,
    units,
    median: values[values.length >> 1] ?? Number.NaN,
    largest: values.at(-1) ?? Number.NaN,
  };
}

function distinctProducts(orders: readonly StandingOrder[]): number {
  const products = new Set<number>();
  for (const order of orders) for (const product of order.products) products.add(product);
  return products.size;
}

const ACTIVITY_DAYS = 90;

/** How many of the last 90 days; NaN where nothing is known. */
function since(times: readonly number[] | undefined, at: number): number {
  if (times === undefined) return Number.NaN;
  let count = 0;
  for (const time of times) if (time < at && time >= at - ACTIVITY_DAYS * DAY_MS) count++;
  return count;
}
