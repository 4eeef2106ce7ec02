import { DuckDBInstance } from '@duckdb/node-api';

const LINES_A_CUSTOMER = 20;
const FROM = '2023-01-01';
const DAYS = 1095;

/**
 * A shop's order lines in a Parquet file as `transactions` takes them: every customer has a first order
 * somewhere in three years, orders at a rate and until a day of their own, baskets of one to five
 * lines, one line in fifty taken back, values log-normal about a customer's own level.
 * @returns lines written; the same seed writes the same rows
 */
export async function writeOrderLines(
  path: string,
  customers: number,
  seed: number,
): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  // Of two numbers, uniform in (0, 1). In integers it would be decimal arithmetic, 25 times as slow.
  await connection.run(
    `CREATE MACRO u(a, b) AS ((hash(a::BIGINT * 1000003 + b::BIGINT * 7919 + ${seed}) >> 11)::DOUBLE + 0.5) / 9007199254740992::DOUBLE`,
  );
  // Mean orders by mean basket is 20 lines: 1 + 5.67 orders of 3 lines.
  const orders = LINES_A_CUSTOMER / 3 - 1;
  await connection.run(`COPY (
    WITH customers AS (
      SELECT c, u(c, 1) * ${DAYS} AS first, u(c, 2) AS stays,
        1 + floor(-ln(u(c, 3)) * ${orders} + 0.5)::INT AS orders, exp(2 + 0.8 * sqrt(-2 * ln(u(c, 4))) * cos(2 * pi() * u(c, 5))) AS level
      FROM range(${customers}) AS t(c)
    ), orders AS (
      SELECT c, level, k, first + CASE WHEN k = 0 THEN 0 ELSE u(c * 64 + k, 6) * stays * (${DAYS} - first) END AS day
      FROM (SELECT *, unnest(range(orders)) AS k FROM customers)
    ), lines AS (
      SELECT *, unnest(range(1 + floor(5 * u(c * 64 + k, 7))::INT)) AS line FROM orders
    )
    SELECT 'C' || lpad(c::VARCHAR, 8, '0') AS customer_id,
      make_timestamp(epoch_us(TIMESTAMP '${FROM}') + 1000000 * floor(day * 86400)::BIGINT) AS date,
      round((CASE WHEN u(c * 4096 + k * 8 + line, 8) < 0.02 THEN -1 ELSE 1 END)
        * level * exp(0.5 * sqrt(-2 * ln(u(c * 4096 + k * 8 + line, 9)))), 2) AS amount,
      c || '-' || k AS order_id,
      (['GB', 'DE', 'FR', 'NL', 'US'])[1 + (c % 5)] AS country
    FROM lines
  ) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
  const counted = await connection.runAndReadAll(
    `SELECT count(*)::INT FROM read_parquet('${path.replaceAll("'", "''")}')`,
  );
  connection.closeSync();
  instance.closeSync();
  return counted.getRows()[0]?.[0] as number;
}
