import { DAY_MS } from './day-tiles.ts';
import { SESSION_IDLE_MS } from './session-rule.ts';
import { trinoOrders } from './trino-orders.ts';
import { LATE_MS, VISITOR_MEMORY_MS } from './visitor.ts';

/** Columns of the enriched events that the lake's clean events keep, with their Trino types. */
export const EVENT_COLUMNS = {
  event_id: 'VARCHAR',
  event_type: 'VARCHAR',
  order_key: 'VARCHAR',
  visitor: 'VARCHAR',
  user_id: 'VARCHAR',
  session_id: 'VARCHAR',
  product_id: 'VARCHAR',
  product_category: 'VARCHAR',
  brand: 'VARCHAR',
  price: 'DOUBLE',
  quantity: 'BIGINT',
  currency: 'VARCHAR',
  order_id: 'VARCHAR',
  query: 'VARCHAR',
  device_type: 'VARCHAR',
  channel_type: 'VARCHAR',
  country: 'VARCHAR',
  decision_id: 'VARCHAR',
  campaign_id: 'VARCHAR',
} as const;

/** What `bronze_events` has beside them. */
export const BRONZE_COLUMNS = {
  ...EVENT_COLUMNS,
  event_timestamp: 'VARCHAR',
  received_at: 'VARCHAR',
  is_bot: 'BOOLEAN',
} as const;

/** What a day's visitors carry over to their next day. */
export const VISITOR_COLUMNS = {
  visitor: 'VARCHAR',
  user_id: 'VARCHAR',
  session_id: 'VARCHAR',
  session_began: 'BIGINT',
  session_newest: 'BIGINT',
  received_time: 'BIGINT',
} as const;

/** The Trino texts that make a day of silver, to be run in this order. */
export interface SilverDay {
  /** Creates nothing: a query, to be kept as the relation `silver_steps` for the others. */
  readonly steps: string;
  readonly events: string;
  readonly sessions: string;
  readonly visitors: string;
  readonly orders: string;
}

const columns = Object.keys(EVENT_COLUMNS);
const millisecondsOf = (column: string) =>
  `CAST(to_unixtime(from_iso8601_timestamp(${column})) * 1000 AS BIGINT)`;

/**
 * A day of clean events: received on it, in whatever folder they were delivered up to a day later;
 * each once, by its visitor and event id, however often it came on that day or was kept of the day
 * before; without bots; with the user that the visitor was linked to. Times are BIGINT epoch
 * milliseconds. Sessions follow the rule of the fold but for its caps (24 hours, 1,000 events,
 * inhuman rates), and begin and end for users as the fold tells them; late events enter neither
 * sessions nor links.
 *
 * Reads `bronze_events`, and of earlier days `silver_events` and `silver_visitors`.
 * @param date midnight UTC that the day begins with, epoch milliseconds
 */
export function trinoSilverDay(date: number): SilverDay {
  const dayAt = (days: number) => new Date(date + days * DAY_MS).toISOString().slice(0, 10);
  const rememberedDays = Math.ceil(VISITOR_MEMORY_MS / DAY_MS);
  const nothing = Object.entries(EVENT_COLUMNS).map(([name, type]) =>
    name === 'visitor' ? 'carried.visitor' : name === 'order_key' ? "''" : `CAST(NULL AS ${type})`,
  );
  const steps = `WITH received AS (
  SELECT ${columns.join(', ')},
    ${millisecondsOf('event_timestamp')} AS event_time,
    ${millisecondsOf('received_at')} AS received_time
  FROM (
    SELECT *, row_number() OVER (PARTITION BY visitor, event_id ORDER BY order_key) AS place
    FROM bronze_events
    WHERE dt IN ('${dayAt(0)}', '${dayAt(1)}') AND substr(received_at, 1, 10) = '${dayAt(0)}'
      AND NOT is_bot
  ) delivered
  WHERE place = 1 AND NOT EXISTS (
    SELECT 1
    FROM silver_events kept
    WHERE kept.dt = '${dayAt(-1)}' AND kept.visitor = delivered.visitor
      AND kept.event_id = delivered.event_id
  )
),
arrivals AS (
  SELECT visitor, min(received_time) AS received_time
  FROM received
  GROUP BY visitor
),
carried AS (
  SELECT visitors.*, row_number() OVER (PARTITION BY visitors.visitor ORDER BY dt DESC) AS place
  FROM silver_visitors visitors
  JOIN arrivals ON arrivals.visitor = visitors.visitor
    AND arrivals.received_time - visitors.received_time <= ${VISITOR_MEMORY_MS}
  WHERE dt >= '${dayAt(-rememberedDays)}' AND dt < '${dayAt(0)}'
),
walk AS (
  SELECT received.*, FALSE AS is_carried, CAST(NULL AS BIGINT) AS began,
    CASE WHEN received_time - event_time <= ${LATE_MS} THEN event_time END AS session_time,
    CASE WHEN received_time - event_time <= ${LATE_MS} THEN user_id END AS link,
    CASE WHEN received_time - event_time <= ${LATE_MS} THEN session_id END AS client
  FROM received
  UNION ALL
  SELECT ${nothing.join(', ')}, session_newest, received_time,
    TRUE, session_began, session_newest, user_id, session_id
  FROM carried
  WHERE place = 1
),
counted AS (
  SELECT *,
    count(link) OVER seen AS links,
    count(client) OVER seen AS clients,
    max(session_time) OVER (
      PARTITION BY visitor ORDER BY order_key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS newest_before
  FROM walk
  WINDOW seen AS (
    PARTITION BY visitor ORDER BY order_key ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  )
),
known AS (
  SELECT *,
    max(link) OVER (PARTITION BY visitor, links) AS linked,
    max(client) OVER (PARTITION BY visitor, clients) AS known_client
  FROM counted
),
before AS (
  SELECT *,
    lag(linked) OVER (PARTITION BY visitor ORDER BY order_key) AS linked_before,
    lag(known_client) OVER (PARTITION BY visitor ORDER BY order_key) AS client_before
  FROM known
),
beginnings AS (
  SELECT *,
    CASE
      WHEN is_carried OR session_time IS NULL THEN 0
      WHEN newest_before IS NULL THEN 1
      WHEN client <> client_before THEN 1
      WHEN client = client_before THEN 0
      WHEN session_time - newest_before > ${SESSION_IDLE_MS} THEN 1
      ELSE 0
    END AS begins
  FROM before
),
sessions AS (
  SELECT *,
    sum(begins) OVER (
      PARTITION BY visitor ORDER BY order_key ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS session
  FROM beginnings
),
bounds AS (
  SELECT *,
    min(coalesce(began, session_time)) OVER (PARTITION BY visitor, session) AS session_began,
    max(session_time) OVER (PARTITION BY visitor, session) AS session_newest
  FROM sessions
)
SELECT *,
  lag(session_began) OVER (PARTITION BY visitor ORDER BY order_key) AS previous_began,
  lag(session_newest) OVER (PARTITION BY visitor ORDER BY order_key) AS previous_newest
FROM bounds
`;
  const kept = (user: string) =>
    columns.map((column) => (column === 'user_id' ? `${user} AS user_id` : column)).join(', ');
  const occurrence = (type: string) =>
    kept('linked').replace('event_type,', `'${type}' AS event_type,`);
  return {
    steps,
    events: `SELECT ${kept('coalesce(user_id, linked)')}, event_time, received_time
FROM silver_steps
WHERE NOT is_carried
ORDER BY order_key
`,
    sessions: `SELECT ${occurrence('session_start')}, event_time, received_time,
  CAST(NULL AS DOUBLE) AS session_seconds
FROM silver_steps
WHERE session_time IS NOT NULL AND NOT is_carried AND linked IS NOT NULL
  AND (begins = 1 OR linked_before IS NULL OR linked <> linked_before)
UNION ALL
SELECT ${occurrence('session_end')}, previous_newest AS event_time, received_time,
  CAST(previous_newest - previous_began AS DOUBLE) / 1000E0 AS session_seconds
FROM silver_steps
WHERE begins = 1 AND previous_began IS NOT NULL AND linked = linked_before
ORDER BY order_key, event_type
`,
    visitors: `SELECT visitor, linked AS user_id, known_client AS session_id, session_began,
  session_newest, newest_received AS received_time
FROM (
  SELECT *,
    row_number() OVER (PARTITION BY visitor ORDER BY order_key DESC) AS place,
    max(received_time) OVER (PARTITION BY visitor) AS newest_received
  FROM silver_steps
) steps
WHERE place = 1
ORDER BY visitor
`,
    orders: trinoOrders(),
  };
}
