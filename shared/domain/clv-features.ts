import type { BuyTillYouDiePrediction } from './clv-buy-till-you-die.ts';
import { type CustomerAsOf, DAY_MS, type StandingOrder } from './orders/customer-as-of.ts';

/**
 * What the trees learn from, by column. Missing is NaN. Days and money unless the name says else;
 * `a_year_ago` is the horizon's days of the last year, `halved_30d` counts an order half as much for
 * every 30 days since it, `typical` is the geometric mean.
 */
export const CLV_FEATURES = [
  'recency',
  'tenure',
  'order_count',
  'order_days',
  'spend',
  'mean_order_value',
  'typical_order_value',
  'order_value_variation',
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
  'active_months',
  'spend_91_to_182d',
  'spend_182_to_273d',
  'spend_273_to_365d',
  'orders_halved_30d',
  'orders_halved_90d',
  'orders_halved_180d',
  'spend_halved_30d',
  'spend_halved_90d',
  'spend_halved_180d',
  'mean_gap',
  'last_gap',
  'gap_deviation',
  'longest_gap',
  'recency_in_gaps',
  'order_rate',
  'distinct_products',
  'lines_per_order',
  'units_per_line',
  'mean_price',
  'reorder_share',
  'order_hour',
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

const WINDOWS = [30, 90, 180, 365] as const;
const YEAR_DAYS = 365;
const LEAST_TENURE_DAYS = 30;
const HOUR_MS = 3_600_000;

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
  const past = pastOf(orders, at);
  const products = productsOf(orders);
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
  write(amounts.typical);
  write(amounts.variation);
  write(amounts.median);
  write(amounts.largest);
  write(last?.value ?? Number.NaN);
  write(first?.value ?? Number.NaN);
  write(first?.products.length ?? Number.NaN);
  write(new Date(firstOrderAt).getUTCMonth() + 1);
  for (const { count } of recent) write(count);
  for (const { spend } of recent) write(spend);
  for (const value of past) write(value);
  write(gaps.mean);
  write(gaps.last);
  write(gaps.deviation);
  write(gaps.longest);
  write(recency / Math.max(1, gaps.mean));
  write(gaps.days / Math.max(LEAST_TENURE_DAYS, tenure));
  write(products.distinct);
  write(amounts.lines / orders.length);
  write(amounts.units / amounts.lines);
  write(amounts.spend / amounts.units);
  write(products.reordered);
  write(amounts.hour);
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
  let [days, first, latest, last, squares, longest] = [0, 0, 0, Number.NaN, 0, 0];
  for (const order of orders) {
    const day = Math.floor(order.at / DAY_MS);
    if (days === 0) first = day;
    else if (day === latest) continue;
    else {
      last = day - latest;
      squares += last * last;
      longest = Math.max(longest, last);
    }
    days++;
    latest = day;
  }
  const mean = days > 1 ? (latest - first) / (days - 1) : Number.NaN;
  return {
    days,
    mean,
    last,
    longest,
    deviation: Math.sqrt(Math.max(0, squares / (days - 1) - mean * mean)),
  };
}

function amountsOf(orders: readonly StandingOrder[]) {
  let [spend, lines, units, logarithms, squares, hours] = [0, 0, 0, 0, 0, 0];
  const values = new Float64Array(orders.length);
  for (const [index, order] of orders.entries()) {
    values[index] = order.value;
    spend += order.value;
    lines += order.products.length;
    units += order.units;
    logarithms += Math.log(Math.max(1, order.value));
    squares += order.value * order.value;
    hours += (order.at % DAY_MS) / HOUR_MS;
  }
  values.sort();
  const mean = spend / orders.length;
  return {
    typical: Math.exp(logarithms / orders.length),
    variation: Math.sqrt(Math.max(0, squares / orders.length - mean * mean)) / mean,
    hour: hours / orders.length,
    spend,
    lines,
    units,
    median: values[values.length >> 1] ?? Number.NaN,
    largest: values.at(-1) ?? Number.NaN,
  };
}

/** Share of product lines that an earlier order had too. */
function productsOf(orders: readonly StandingOrder[]) {
  const seen = new Set<number>();
  let [lines, again] = [0, 0];
  for (const { products } of orders) {
    for (const product of products) if (seen.has(product)) again++;
    for (const product of products) seen.add(product);
    lines += products.length;
  }
  return { distinct: seen.size, reordered: again / lines };
}

const MONTH_DAYS = 30.5;
const QUARTER_DAYS = 91;
const HALVED_DAYS = [30, 90, 180] as const;

/** Active months, spend of the second to fourth quarter back, decayed counts and spends. */
function pastOf(orders: readonly StandingOrder[], at: number): Float64Array {
  const past = new Float64Array(4 + 2 * HALVED_DAYS.length);
  const add = (place: number, value: number) => {
    past[place] = (past[place] as number) + value;
  };
  let month = -1;
  for (const order of orders) {
    const age = (at - order.at) / DAY_MS;
    const own = Math.floor(age / MONTH_DAYS);
    if (own !== month) add(0, 1);
    month = own;
    const quarter = Math.ceil(age / QUARTER_DAYS) - 1;
    if (quarter >= 1 && quarter <= 3) add(quarter, order.value);
    for (const [place, days] of HALVED_DAYS.entries()) {
      const weight = 2 ** (-age / days);
      add(4 + place, weight);
      add(4 + HALVED_DAYS.length + place, weight * order.value);
    }
  }
  return past;
}

export const ACTIVITY_DAYS = 90;

/** How many of the last 90 days; NaN where nothing is known. */
function since(times: readonly number[] | undefined, at: number): number {
  if (times === undefined) return Number.NaN;
  let count = 0;
  for (const time of times) if (time < at && time >= at - ACTIVITY_DAYS * DAY_MS) count++;
  return count;
}
