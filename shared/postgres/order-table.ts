import { Client, type QueryConfig } from 'pg';
import { OrderSourceChanged, OrderSourceForbidden, OrderSourceUnavailable } from '../errors.ts';
import type { OrderMark, OrderRow, OrderTable } from '../ports.ts';
import type { OrderDatabase, OrderSource } from '../schemas/order-source.ts';

const CONNECT_MS = 10_000;
const STATEMENT_MS = 60_000;

const NAMES = /^(?:text|character varying|character|bpchar|uuid|smallint|integer|bigint)$/;
const TIMES = /^timestamp with(?:out)? time zone$/;
/** What the types of a column must be, without their lengths. */
const FITTING: Readonly<Record<string, RegExp>> = {
  order: NAMES,
  customer: NAMES,
  date: /^(?:date|timestamp with(?:out)? time zone)$/,
  amount: /^(?:numeric|smallint|integer|bigint|double precision|real)$/,
  updated: TIMES,
  currency: /^(?:text|character varying|character|bpchar|USER-DEFINED)$/,
  status: /^(?:text|character varying|character|bpchar|smallint|integer|USER-DEFINED)$/,
};

/**
 * Connects over TLS for reading alone. A role that may write to the table is refused: a mistake here
 * must never reach the shop's orders.
 * @throws OrderSourceUnavailable, OrderSourceForbidden
 */
export async function openOrderTable(
  database: OrderDatabase,
  source: OrderSource,
): Promise<OrderTable> {
  const client = new Client({
    host: database.host,
    port: database.port,
    database: database.database,
    user: database.user,
    password: database.password,
    application_name: 'foresight import-orders',
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS + CONNECT_MS,
    ssl: {
      ...(database.ca === undefined ? {} : { ca: database.ca }),
      servername: database.server_name ?? database.host,
      ...(database.tls === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
    },
  });
  // The query under way fails by itself; without a listener the process would end.
  client.on('error', () => {});
  const ask = async (query: string | QueryConfig) => {
    try {
      return (await client.query(query)).rows;
    } catch (error) {
      throw failure(error, database, source);
    }
  };
  try {
    await client.connect();
  } catch (error) {
    throw failure(error, database, source);
  }
  try {
    await ask(
      `SET default_transaction_read_only = on; SET statement_timeout = ${STATEMENT_MS}; SET timezone = 'UTC'`,
    );
    await refuseWriter(ask, source);
  } catch (error) {
    await client.end();
    throw error;
  }
  return tableOf(ask, source, () => client.end());
}

type Ask = (query: string | QueryConfig) => Promise<readonly Record<string, string | null>[]>;

async function refuseWriter(ask: Ask, { table }: OrderSource): Promise<void> {
  const [role] = await ask({
    text: `SELECT current_user AS name,
        has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')::text AS writes,
        has_table_privilege(oid, 'SELECT')::text AS reads
      FROM (SELECT to_regclass($1) AS oid) AS named`,
    values: [table],
  });
  if (role?.['writes'] === 'true')
    throw new OrderSourceForbidden(
      `role ${role['name']} may write to ${table}: give it SELECT alone`,
    );
}

function tableOf(ask: Ask, source: OrderSource, end: () => Promise<void>): OrderTable {
  const { columns, table, page_rows, settle_seconds } = source;
  const utc = (column: string, type: string | undefined) => {
    const local = type === 'timestamp with time zone' ? `(${column} AT TIME ZONE 'UTC')` : column;
    return `to_char(${local}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  };
  let known: Readonly<Record<string, string>> | undefined;
  const types = async () => {
    known ??= await typesOf(ask, source);
    return known;
  };
  return {
    types,
    async page(after) {
      const type = await types();
      const optional = (column: string | undefined) =>
        column === undefined ? 'NULL' : `${quoted(column)}::text`;
      const updated = quoted(columns.updated);
      const order = quoted(columns.order);
      // A database's own text of a mark must compare as its column does.
      const mark = `($1::timestamptz${type['updated'] === 'timestamp with time zone' ? '' : " AT TIME ZONE 'UTC'"}, $2::${type['order']})`;
      const now =
        type['updated'] === 'timestamp with time zone' ? 'now()' : "(now() AT TIME ZONE 'UTC')";
      const rows = await ask({
        text: `SELECT ${order}::text AS order, ${quoted(columns.customer)}::text AS customer,
            ${utc(quoted(columns.date), type['date'])} AS date, ${quoted(columns.amount)}::text AS amount,
            ${utc(updated, type['updated'])} AS updated,
            ${optional(columns.currency)} AS currency, ${optional(columns.status)} AS status
          FROM ${qualified(table)}
          WHERE ${updated} < ${now} - interval '${settle_seconds} seconds'
            AND ${order} IS NOT NULL
            ${after === null ? '' : `AND (${updated}, ${order}) > ${mark}`}
          ORDER BY ${updated}, ${order} LIMIT ${page_rows}`,
        values: after === null ? [] : valuesOf(after),
      });
      return rows as unknown as readonly OrderRow[];
    },
    async countUndated() {
      const [nullable] = await ask({
        text: `SELECT count(*)::text AS columns FROM pg_attribute
          WHERE attrelid = to_regclass($1) AND attname = ANY($2) AND NOT attnotnull`,
        values: [table, [columns.updated, columns.order]],
      });
      if (nullable?.['columns'] === '0') return 0;
      const [row] = await ask(
        `SELECT count(*)::text AS undated FROM ${qualified(table)}
          WHERE ${quoted(columns.updated)} IS NULL OR ${quoted(columns.order)} IS NULL`,
      );
      return Number(row?.['undated']);
    },
    close: end,
  };
}

const valuesOf = ({ updated, order }: OrderMark) => [updated, order];

/** @throws OrderSourceChanged naming what is not there, or does not fit */
async function typesOf(ask: Ask, source: OrderSource): Promise<Readonly<Record<string, string>>> {
  const { columns, table } = source;
  const found = await ask({
    text: `SELECT attname AS name, format_type(atttypid, NULL) AS type, typtype AS kind
      FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
    values: [table],
  });
  if (found.length === 0)
    throw new OrderSourceChanged(`there is no table ${table}: correct \`table\` of the mapping`);
  const byName = new Map(found.map((row) => [row['name'], row]));
  const types: Record<string, string> = {};
  for (const [role, column] of Object.entries(columns)) {
    const row = byName.get(column);
    if (row === undefined)
      throw new OrderSourceChanged(
        `${table} has no column ${column} (mapped to ${role}): it has ${[...byName.keys()].join(', ')}`,
      );
    const type = row['type'] as string;
    const general = row['kind'] === 'e' ? 'USER-DEFINED' : type;
    if (!FITTING[role]?.test(general))
      throw new OrderSourceChanged(
        `${table}.${column} is ${type} now, which cannot be the ${role} of an order: correct the mapping, or the table`,
      );
    types[role] = type;
  }
  await refuseRepeatedIds(ask, source);
  return types;
}

/** Between two rows of one id and one change no page can end. Views show no index: they are believed. */
async function refuseRepeatedIds(ask: Ask, { columns, table }: OrderSource): Promise<void> {
  const [found] = await ask({
    text: `SELECT relkind::text AS kind, EXISTS (
        SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE indrelid = pg_class.oid AND indisunique AND indnkeyatts = 1 AND indpred IS NULL
          AND attname = $2)::text AS unique
      FROM pg_class WHERE oid = to_regclass($1)`,
    values: [table, columns.order],
  });
  if (/^[rp]$/.test(found?.['kind'] ?? '') && found?.['unique'] !== 'true')
    throw new OrderSourceChanged(
      `${table}.${columns.order} has no unique index: map \`order\` to the key of the orders`,
    );
}

const quoted = (identifier: string) => `"${identifier}"`;
const qualified = (table: string) => table.split('.').map(quoted).join('.');

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
function failure(error: unknown, { host, port, user }: OrderDatabase, { table }: OrderSource) {
  const { code = '', message } = error as { readonly code?: string; readonly message: string };
  const options = { cause: error };
  if (/^28/.test(code) || code === '42501')
    return new OrderSourceForbidden(
      `${host}:${port} refuses ${user}: ${message}. The role needs LOGIN, and SELECT on ${table}`,
      options,
    );
  if (code === '42P01' || code === '42703' || code === '42883' || /^22/.test(code))
    return new OrderSourceChanged(`${table} has changed: ${message}`, options);
  return new OrderSourceUnavailable(
    `the connection to ${host}:${port} failed: ${message || code}. The next run goes on from what is kept`,
    options,
  );
}
