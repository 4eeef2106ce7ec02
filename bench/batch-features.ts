import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { viewSilver } from '../local/silver.ts';
import { openTrinoOnDuckdb } from '../local/trino-on-duckdb.ts';
import { writeParquet } from '../local/write-parquet.ts';
import { DAY_MS } from '../shared/features/day-tiles.ts';
import { productView } from '../shared/features/product-view.ts';
import { EVENT_COLUMNS } from '../shared/features/trino-silver.ts';
import { entityColumn, snapshotColumns, trinoView } from '../shared/features/trino-view.ts';
import { userView } from '../shared/features/user-view.ts';
import type { FeatureView } from '../shared/schemas/feature-view.ts';
import type { Result } from './report.ts';
import { cpuMicroseconds, interleaved, type Task } from './rounds.ts';
import { ratioOf, sampleOf } from './sample.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const EVENTS = 10_000_000;
const USERS = 500_000;
const PRODUCTS = 100_000;
const DAYS = 400;
const DATE = Date.UTC(2026, 0, 1);
const ROUNDS = { warmUp: 1, rounds: 5 };
/** Before these days no row of a product begins. */
const PRODUCT_DAYS = 37;

/** The emitted texts beside queries of the same aggregates written by hand, one thread. */
export async function run(): Promise<readonly Result[]> {
  return inTemporaryFolder(async (folder) => {
    const { connection, close } = await openTrinoOnDuckdb(folder);
    try {
      await connection.run('SET threads = 1');
      await makeSilver(connection, folder);
      const at = { date: DATE, timeZone: 'UTC' };
      const texts = {
        user: [trinoView(userView, at), USERS_BY_HAND],
        product: [trinoView(productView, at), PRODUCTS_BY_HAND],
      } as const;
      await refuseDifferent(connection, userView, ...texts.user);
      await refuseDifferent(connection, productView, ...texts.product);
      const task =
        (text: string): Task =>
        () =>
          cpuMicroseconds(async () => {
            await connection.run(`CREATE OR REPLACE TEMP TABLE answer AS ${text}`);
          });
      const measured = await interleaved(
        {
          user: task(texts.user[0]),
          userByHand: task(texts.user[1]),
          product: task(texts.product[0]),
          productByHand: task(texts.product[1]),
        },
        ROUNDS,
      );
      const row = (name: string, own: number[], byHand: number[]): Result => ({
        name,
        unit: '× by hand',
        sample: ratioOf(own, byHand),
        target: { most: 1.1 },
      });
      const speed = (name: string, own: number[]): Result => ({
        name,
        unit: 'M events/s of CPU',
        sample: sampleOf(own.map((microseconds) => EVENTS / microseconds)),
      });
      return [
        row('user features', measured.user, measured.userByHand),
        row('product features', measured.product, measured.productByHand),
        speed('user features', measured.user),
        speed('product features', measured.product),
      ];
    } finally {
      close();
    }
  });
}

/** Events of a shop, four in five of them views, as silver has them. */
async function makeSilver(connection: DuckDBConnection, folder: string): Promise<void> {
  const given: Partial<Record<keyof typeof EVENT_COLUMNS, string>> = {
    event_id: "'e' || n",
    event_type:
      "CASE WHEN kind < 80 THEN 'product_view' WHEN kind < 92 THEN 'add_to_cart' WHEN kind < 99 THEN 'purchase' ELSE 'refund' END",
    order_key: "'k' || n",
    visitor: "'v' || who",
    user_id: "CASE WHEN who % 2 = 0 THEN 'u' || who END",
    product_id: `'p' || (hash(n, 3) % ${PRODUCTS})`,
    product_category: "'c' || (hash(n, 3) % 40)",
    price: '(hash(n, 4) % 10000) / 100',
    quantity: '1 + (hash(n, 5) % 3)',
    // Two lines an order.
    order_id: "CASE WHEN kind >= 92 THEN 'o' || who || '/' || day END",
  };
  const columns = Object.entries(EVENT_COLUMNS).map(
    ([name, type]) =>
      `CAST(${given[name as keyof typeof EVENT_COLUMNS] ?? 'NULL'} AS ${type}) AS ${name}`,
  );
  const draws = `SELECT n, hash(n, 1) % 100 AS kind, hash(n // 4, 2) % ${USERS} AS who,
    hash(n // 4, 6) % ${DAYS} AS day, hash(n, 7) % ${DAY_MS} AS instant
    FROM range(${EVENTS}) numbers(n)`;
  const time = `CAST(${DATE - DAYS * DAY_MS} + day * ${DAY_MS} + instant AS BIGINT)`;
  const events = `SELECT ${columns.join(', ')}, ${time} AS event_time, ${time} AS received_time
    FROM (${draws}) ORDER BY event_time`;
  const file = (table: string) => join(folder, 'silver', table, 'dt=2025-12-31', 'part.parquet');
  await writeParquet(connection, events, file('events'));
  await writeParquet(
    connection,
    `SELECT * REPLACE (if(hash(event_id) % 2 = 0, 'session_start', 'session_end') AS event_type),
       if(hash(event_id) % 2 = 0, NULL, CAST(hash(event_id, 1) % 1800 AS DOUBLE)) AS session_seconds
     FROM read_parquet('${file('events')}', hive_partitioning = false)
     WHERE hash(event_id, 2) % 4 = 0 AND user_id IS NOT NULL`,
    file('sessions'),
  );
  await viewSilver(connection, folder);
}

/** Before anything is timed: two queries that differ are not compared. */
async function refuseDifferent(
  connection: DuckDBConnection,
  view: FeatureView,
  emitted: string,
  byHand: string,
): Promise<void> {
  const id = entityColumn(view);
  const differs = snapshotColumns(view).map(({ column }) =>
    column === 'preferred_product_category'
      ? `count_if(own.${column} IS DISTINCT FROM hand.${column})::INT`
      : `count_if(own.${column} IS DISTINCT FROM hand.${column}
           AND coalesce(abs(own.${column} - hand.${column}) > 1e-6, true))::INT`,
  );
  const compared = await connection.runAndReadAll(
    `SELECT count(*)::INT, count_if(own.${id} IS NULL OR hand.${id} IS NULL)::INT, ${differs.join(', ')}
     FROM (${emitted}) own FULL JOIN (${byHand}) hand ON own.${id} = hand.${id}`,
  );
  const [rows, ...differences] = compared.getRows()[0] as number[];
  if (rows === 0 || differences.some((count) => count > 0))
    throw new Error(`${view.entity}: of ${rows} rows ${differences} differ, column by column`);
}

const daysAgo = (days: number) => DATE - days * DAY_MS;

const PRODUCTS_BY_HAND = `
  SELECT product_id,
    count(*) FILTER (event_type = 'purchase' AND event_time >= ${daysAgo(30)}) AS purchase_count_30d,
    count(*) FILTER (event_type = 'product_view' AND event_time >= ${daysAgo(30)}) AS view_count_30d,
    (purchase_count_30d + 2) / (view_count_30d + 100) AS view_to_purchase_rate_30d,
    avg(price) FILTER (event_type = 'product_view' AND event_time >= ${daysAgo(7)}) AS avg_price_7d
  FROM silver_events
  WHERE event_type IN ('product_view', 'purchase') AND product_id IS NOT NULL
    AND event_time >= ${daysAgo(PRODUCT_DAYS)} AND event_time < ${DATE}
  GROUP BY product_id
  ORDER BY product_id`;

const spend = (days: number) =>
  `coalesce(sum(signed) FILTER (t >= ${daysAgo(days)}), 0) AS total_spend_${days}d`;
const bought = (days: number) =>
  `count(*) FILTER (event_type = 'purchase' AND t >= ${daysAgo(days)}) AS purchase_count_${days}d`;

const USERS_BY_HAND = `
  WITH lines AS (
    SELECT user_id, event_type, event_time AS t, product_id, product_category,
      coalesce(order_id, event_id) AS order_ref,
      price * coalesce(quantity, 1) AS amount,
      CASE event_type WHEN 'purchase' THEN amount WHEN 'refund' THEN -amount END AS signed
    FROM silver_events
    WHERE user_id IS NOT NULL AND event_type IN ('purchase', 'refund', 'add_to_cart')
      AND event_time < ${DATE}
  ),
  totals AS (
    SELECT user_id, ${[30, 90, 365].map(spend).join(', ')},
      sum(amount) FILTER (event_type = 'purchase') AS bought,
      sum(amount) FILTER (event_type = 'purchase' AND t >= ${daysAgo(90)}) AS bought_90d,
      count(*) FILTER (event_type = 'add_to_cart' AND t >= ${daysAgo(90)}) AS add_to_cart_count_90d,
      min(t) FILTER (event_type = 'purchase') AS first_purchase,
      max(t) FILTER (event_type = 'purchase') AS last_purchase,
      count(DISTINCT product_id) FILTER (event_type = 'purchase') AS distinct_products_bought
    FROM lines
    GROUP BY user_id
  ),
  orders AS (
    SELECT user_id, event_type, order_ref, min(t) AS t
    FROM lines
    WHERE event_type IN ('purchase', 'refund')
    GROUP BY ALL
  ),
  order_counts AS (
    SELECT user_id, ${[30, 90, 365].map(bought).join(', ')},
      count(*) FILTER (event_type = 'purchase') AS lifetime_purchase_count,
      count(*) FILTER (event_type = 'refund') AS refunded
    FROM orders
    GROUP BY user_id
  ),
  favourites AS (
    SELECT user_id, product_category
    FROM lines
    WHERE event_type = 'purchase'
    GROUP BY user_id, product_category
    QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY count(*) DESC, product_category) = 1
  ),
  sessions AS (
    SELECT user_id,
      count(*) FILTER (event_type = 'session_start' AND event_time >= ${daysAgo(90)}) AS starts,
      avg(session_seconds) FILTER (event_type = 'session_end' AND event_time >= ${daysAgo(90)}) AS seconds
    FROM silver_sessions
    WHERE event_time < ${DATE}
    GROUP BY user_id
  )
  SELECT coalesce(totals.user_id, sessions.user_id) AS user_id,
    coalesce(lifetime_purchase_count, 0) AS lifetime_purchase_count,
    coalesce(bought_90d, 0) / nullif(purchase_count_90d, 0) AS avg_order_value_90d,
    (${DATE} - last_purchase) / ${DAY_MS} AS days_since_last_purchase,
    product_category AS preferred_product_category,
    ${[30, 90, 365].map((days) => `coalesce(purchase_count_${days}d, 0) AS purchase_count_${days}d`).join(', ')},
    ${[30, 90, 365].map((days) => `coalesce(total_spend_${days}d, 0) AS total_spend_${days}d`).join(', ')},
    coalesce(starts, 0) AS total_sessions_90d,
    seconds AS avg_session_duration_90d,
    coalesce(add_to_cart_count_90d, 0) AS add_to_cart_count_90d,
    (last_purchase - first_purchase) / ${DAY_MS} AS recency,
    greatest(coalesce(lifetime_purchase_count, 0) - 1, 0) AS frequency,
    bought / nullif(lifetime_purchase_count, 0) AS monetary,
    (${DATE} - first_purchase) / ${DAY_MS} AS tenure,
    (last_purchase - first_purchase) / ${DAY_MS} / nullif(greatest(lifetime_purchase_count - 1, 0), 0)
      AS mean_days_between_orders,
    coalesce(distinct_products_bought, 0) AS distinct_products_bought,
    refunded / nullif(lifetime_purchase_count, 0) AS return_rate
  FROM totals
    FULL JOIN sessions ON sessions.user_id = totals.user_id
    LEFT JOIN order_counts ON order_counts.user_id = totals.user_id
    LEFT JOIN favourites ON favourites.user_id = totals.user_id
  ORDER BY 1`;
