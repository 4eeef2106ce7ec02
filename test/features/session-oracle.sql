-- The session and session_product features at every event, by window functions alone: written by
-- hand from the lexicon, sharing nothing with the fold. `events` has one row an accepted event, n
-- its place in order_key order, in which time never goes back. The caps are not modelled: no
-- session of the sets it runs over meets one.
WITH idle AS (
  SELECT *, t - lag(t) OVER (PARTITION BY visitor ORDER BY n) > 90 * 86400000::BIGINT AS forgotten
  FROM events
),
lives AS (
  SELECT * REPLACE (
    visitor || '/' || sum(coalesce(forgotten, false)::INT) OVER (PARTITION BY visitor ORDER BY n)
      AS visitor
  )
  FROM idle
),
gaps AS (
  SELECT *,
    lag(client) OVER visitor AS client_before,
    max(t) OVER (visitor ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest_before
  FROM lives
  WINDOW visitor AS (PARTITION BY visitor ORDER BY n)
),
sessions AS (
  SELECT *,
    sum(CASE
      WHEN newest_before IS NULL THEN 1
      WHEN client IS NOT NULL AND client_before IS NOT NULL THEN (client <> client_before)::INT
      ELSE (t - newest_before > 1800000)::INT
    END) OVER (PARTITION BY visitor ORDER BY n) AS session
  FROM gaps
),
bounds AS (
  SELECT visitor, session,
    lag(max(t)) OVER before AS previous_end,
    lag(count(*)) OVER before AS previous_events,
    lag(count(*) FILTER (type = 'add_to_cart')) OVER before AS previous_carts,
    lag(count(*) FILTER (type = 'purchase')) OVER before AS previous_purchases
  FROM sessions
  GROUP BY visitor, session
  WINDOW before AS (PARTITION BY visitor ORDER BY session)
),
steps AS (
  SELECT s.*, b.previous_end, b.previous_events, b.previous_carts, b.previous_purchases,
    row_number() OVER s AS k,
    type = 'product_view' AS viewed,
    type = 'add_to_cart' AS added,
    type = 'purchase' AS bought,
    row_number() OVER (PARTITION BY s.visitor, s.session, type, product ORDER BY n) AS nth_of_type,
    row_number() OVER (PARTITION BY s.visitor, s.session, type, category ORDER BY n)
      AS nth_of_category,
    count(*) FILTER (type = 'product_view') OVER p AS views_of_product,
    max(CASE WHEN type = 'product_view' THEN t END) OVER p AS product_viewed_at,
    last_value(CASE WHEN type IN ('add_to_cart', 'purchase') THEN type END IGNORE NULLS) OVER p
      = 'add_to_cart' AS in_cart,
    last_value(CASE WHEN type IN ('add_to_cart', 'purchase') THEN type END IGNORE NULLS) OVER (
      PARTITION BY s.visitor, s.session, product ORDER BY n
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) = 'add_to_cart' AS was_in_cart
  FROM sessions s JOIN bounds b ON b.visitor = s.visitor AND b.session = s.session
  WINDOW
    s AS (PARTITION BY s.visitor, s.session ORDER BY n),
    p AS (PARTITION BY s.visitor, s.session, product ORDER BY n)
)
SELECT
  n,
  (max(t) OVER s - min(t) OVER s) / 1000 AS session_duration_seconds,
  k AS event_count,
  0 AS page_views,
  count(*) FILTER (viewed) OVER s AS product_views,
  count(*) FILTER (viewed AND nth_of_type = 1) OVER s AS distinct_products_viewed,
  count(*) FILTER (viewed AND nth_of_category = 1 AND category <> 'unknown') OVER s
    AS distinct_categories_viewed,
  0 AS searches,
  count(*) FILTER (added) OVER s AS add_to_cart_count,
  0 AS remove_from_cart_count,
  greatest(
    0,
    coalesce(sum(price) FILTER (added) OVER s, 0) - coalesce(sum(price) FILTER (bought) OVER s, 0)
  )::DOUBLE AS cart_value,
  sum(coalesce(in_cart, false)::INT - coalesce(was_in_cart, false)::INT) OVER s
    AS cart_product_count,
  0 AS checkout_started,
  count(*) FILTER (bought) OVER s AS purchases_in_session,
  (t - lag(t) OVER s) / 1000 AS last_gap_seconds,
  (max(t) OVER s - last_value(CASE WHEN added THEN t END IGNORE NULLS) OVER s) / 1000
    AS seconds_since_last_add_to_cart,
  k - last_value(CASE WHEN added THEN k END IGNORE NULLS) OVER s AS events_since_last_add_to_cart,
  (max(t) OVER s - min(t) OVER s) / 1000 / nullif(k - 1, 0) AS mean_seconds_between_events,
  max(views_of_product) OVER s AS max_views_of_one_product,
  sum(price) FILTER (viewed) OVER s / count(price) FILTER (viewed) OVER s AS mean_price_viewed,
  session AS session_number,
  (min(t) OVER s - previous_end) / 86400000 AS days_since_previous_session,
  previous_events AS previous_session_event_count,
  previous_carts AS previous_session_add_to_cart_count,
  previous_purchases AS previous_session_purchase_count,
  hour(make_timestamp(max(t) OVER s * 1000)) AS hour_of_day,
  (isodow(make_timestamp(max(t) OVER s * 1000)) >= 6)::INT AS is_weekend,
  views_of_product AS product_views_in_session,
  (max(t) OVER s - product_viewed_at) / 1000 AS seconds_since_last_view_of_product,
  coalesce(in_cart, false)::INT AS product_in_cart
FROM steps
WINDOW s AS (PARTITION BY visitor, session ORDER BY n)
ORDER BY n
