import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { importTable, watermarkKey } from '../../shared/domain/orders/import-table.ts';
import type { ObjectStore, OrderTable } from '../../shared/ports.ts';
import { openOrderTable } from '../../shared/postgres/order-table.ts';
import {
  type OrderDatabase,
  orderDatabase,
  orderSource,
} from '../../shared/schemas/order-source.ts';
import { withPostgres } from './postgres.ts';

const server = withPostgres();

const SOURCE = orderSource.parse({
  name: 'shop',
  table: 'sales.orders',
  columns: {
    order: 'id',
    customer: 'customer_id',
    date: 'ordered_at',
    amount: 'total',
    updated: 'updated_at',
    currency: 'currency',
    status: 'status',
  },
  currency: 'GBP',
  statuses: { paid: 'bought', pending: 'waiting', cancelled: 'cancelled' },
  page_rows: 10,
  settle_seconds: 0,
});
const RING = { current: 'k1', keys: { k1: 'ab'.repeat(32) } };
const NOW = Date.parse('2026-06-01T00:00:00Z');

const database = (changes: Partial<OrderDatabase> = {}): OrderDatabase =>
  orderDatabase.parse({
    host: '127.0.0.1',
    port: server.port,
    database: 'postgres',
    user: 'reader',
    password: 'read',
    ca: server.ca,
    server_name: 'localhost',
    ...changes,
  });

/** An object store in memory; `refuse` makes writes of some keys fail. */
function memoryLake(refuse: (key: string) => boolean = () => false) {
  const objects = new Map<string, string>();
  const lake: ObjectStore = {
    async get(key) {
      const text = objects.get(key);
      return text === undefined ? null : Buffer.from(text);
    },
    async put(key, body) {
      if (refuse(key)) throw new Error(`no write of ${key}`);
      objects.set(key, Buffer.from(body).toString());
    },
    async *list(prefix) {
      yield* [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    },
    async delete(key) {
      objects.delete(key);
    },
  };
  const lines = (prefix: string) =>
    [...objects]
      .filter(([key]) => key.startsWith(prefix))
      .flatMap(([, text]) => text.trim().split('\n'))
      .map((line) => JSON.parse(line));
  return { lake, objects, lines };
}

const run = (
  lake: ObjectStore,
  open: () => Promise<OrderTable> = () => openOrderTable(database(), SOURCE),
) =>
  importTable(SOURCE, {
    open,
    lake,
    ring: RING,
    clock: { now: () => NOW },
    until: Number.POSITIVE_INFINITY,
  });

beforeEach(async () => {
  await server.sql(`
    CREATE SCHEMA sales;
    CREATE TYPE sales.order_status AS ENUM ('paid', 'pending', 'cancelled', 'mystery');
    CREATE TABLE sales.orders (id bigint PRIMARY KEY, customer_id integer, ordered_at timestamptz,
      total numeric(12, 2), currency char(3), status sales.order_status, updated_at timestamptz);
    CREATE ROLE reader LOGIN PASSWORD 'read';
    GRANT USAGE ON SCHEMA sales TO reader;
    GRANT SELECT ON sales.orders TO reader;
    INSERT INTO sales.orders
      SELECT id, id % 7, '2026-01-01'::timestamptz + id * interval '1 hour', id + 0.25, 'GBP', 'paid',
        '2026-02-01'::timestamptz + (id / 4) * interval '3.000001 seconds'
      FROM generate_series(1, 95) AS id`);
});

afterEach(async () => {
  await server.sql(
    'DROP SCHEMA sales CASCADE; DROP OWNED BY reader; DROP ROLE reader; DROP ROLE IF EXISTS writer',
  );
});

describe('an import', () => {
  test('reads every order once, pages ending amid equal times of change', async () => {
    const { lake, lines } = memoryLake();
    expect(await run(lake)).toMatchObject({ rows: 95, kept: 95, refused: {}, complete: true });
    const orders = lines('bronze/orders/');
    expect(orders.map(({ order_id }) => Number(order_id)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 95 }, (_, index) => index + 1),
    );
    expect(orders.find(({ order_id }) => order_id === '8')).toEqual({
      source: 'shop',
      order_id: '8',
      user_id: expect.stringMatching(/^k1_.{22}$/),
      order_date: '2026-01-01T08:00:00.000Z',
      amount: 8.25,
      currency: 'GBP',
      state: 'bought',
      updated_at: '2026-02-01T00:00:06.000002Z',
    });
  });

  test('reads afterwards only what has changed since', async () => {
    const { lake, lines } = memoryLake();
    await run(lake);
    expect(await run(lake)).toMatchObject({ rows: 0, complete: true });
    await server.sql(
      "UPDATE sales.orders SET status = 'cancelled', updated_at = '2026-03-01' WHERE id = 8",
    );
    expect(await run(lake)).toMatchObject({ rows: 1, kept: 1 });
    expect(lines('bronze/orders/dt=2026-03-01/')).toMatchObject([
      { order_id: '8', state: 'cancelled' },
    ]);
  });

  test('refuses rows by reason, and keeps them without the customer', async () => {
    const { lake, lines } = memoryLake();
    await server.sql(`
      UPDATE sales.orders SET customer_id = NULL WHERE id = 1;
      UPDATE sales.orders SET total = NULL WHERE id = 2;
      UPDATE sales.orders SET currency = 'EUR' WHERE id IN (3, 4);
      UPDATE sales.orders SET status = 'mystery' WHERE id = 5;
      UPDATE sales.orders SET ordered_at = '2027-01-01' WHERE id = 6;
      UPDATE sales.orders SET ordered_at = 'infinity' WHERE id = 7;
      UPDATE sales.orders SET updated_at = NULL WHERE id = 9`);
    expect(await run(lake)).toEqual({
      rows: 94,
      kept: 87,
      refused: {
        no_customer: 1,
        unreadable_amount: 1,
        other_currency: 2,
        unknown_status: 1,
        date_in_the_future: 1,
        unreadable_date: 1,
      },
      undated: 1,
      complete: true,
    });
    const refused = lines('bronze/refused_orders/');
    expect(refused).toHaveLength(7);
    expect(refused.find(({ row }) => row.order === '3')).toMatchObject({
      refused: 'other_currency',
      row: { currency: 'EUR', customer: expect.stringMatching(/^k1_/) },
    });
  });

  test('leaves what changed a moment ago to the next run', async () => {
    const { lake } = memoryLake();
    await server.sql('UPDATE sales.orders SET updated_at = now() WHERE id = 8');
    const open = () => openOrderTable(database(), { ...SOURCE, settle_seconds: 600 });
    expect(await run(lake, open)).toMatchObject({ rows: 94 });
  });

  test('goes on where time ran out', async () => {
    const { lake } = memoryLake();
    let time = NOW;
    const deps = { lake, ring: RING, open: () => openOrderTable(database(), SOURCE) };
    const clock = { now: () => time++ };
    const first = await importTable(SOURCE, { ...deps, clock, until: NOW + 15 });
    expect(first).toMatchObject({ complete: false });
    const second = await run(lake);
    expect(first.rows + second.rows).toBe(95);
  });

  test.each([
    ['bigint', 'bigint', 'timestamptz'],
    ['text', 'text', 'timestamp'],
    ['uuid', "('00000000-0000-0000-0000-' || lpad(id::text, 12, '0'))::uuid", 'timestamptz'],
  ])('pages by keys of type %s', async (type, using, time) => {
    await server.sql(
      `ALTER TABLE sales.orders ALTER id TYPE ${type} USING ${using === type ? `id::${type}` : using},
         ALTER updated_at TYPE ${time} USING updated_at::${time}`,
    );
    const { lake, lines } = memoryLake();
    expect(await run(lake)).toMatchObject({ kept: 95, complete: true });
    expect(new Set(lines('bronze/orders/').map(({ order_id }) => order_id)).size).toBe(95);
  });
});

describe('a run that breaks off', () => {
  test('the connection dropped midway: the next run goes on, without loss and without doubles', async () => {
    const { lake, lines } = memoryLake();
    const dropping = async () => {
      const table = await openOrderTable(database(), SOURCE);
      let pages = 0;
      return {
        ...table,
        async page(after: Parameters<OrderTable['page']>[0]) {
          if (++pages === 4)
            await server.sql(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'",
            );
          return table.page(after);
        },
      };
    };
    await expect(run(lake, dropping)).rejects.toMatchObject({ name: 'OrderSourceUnavailable' });
    expect(lines('bronze/orders/')).toHaveLength(30);
    expect(await run(lake)).toMatchObject({ rows: 65, complete: true });
    expect(lines('bronze/orders/').map(({ order_id }) => order_id)).toHaveLength(95);
  });

  test('the lake not writable midway: what is read again takes the place of what was written', async () => {
    let writes = 0;
    const { lake, lines } = memoryLake((key) => key.startsWith('orders/') && ++writes === 3);
    await expect(run(lake)).rejects.toThrow('no write');
    await run(lake);
    const ids = lines('bronze/orders/').map(({ order_id }) => order_id);
    expect([ids.length, new Set(ids).size]).toEqual([95, 95]);
  });
});

describe('a database that does not let us', () => {
  const opened = (changes: Partial<OrderDatabase>) => openOrderTable(database(changes), SOURCE);

  test.each([
    ['the password is wrong', { password: 'wrong' }, 'OrderSourceForbidden', /refuses reader/],
    ['nobody listens', { port: 1 }, 'OrderSourceUnavailable', /127\.0\.0\.1:1/],
    ['there is no such database', { database: 'none' }, 'OrderSourceUnavailable', /"none"/],
    ['the authority is unknown', { ca: undefined }, 'OrderSourceUnavailable', /certificate/],
    [
      'the certificate is for another',
      { server_name: 'db.example' },
      'OrderSourceUnavailable',
      /db\.example/,
    ],
  ])('%s', async (_, changes, name, message) => {
    await expect(opened(changes as Partial<OrderDatabase>)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });

  test('verify-ca does not ask whom the certificate is for', async () => {
    const table = await opened({ server_name: 'db.example', tls: 'verify-ca' });
    await table.close();
  });

  test('the role may not read', async () => {
    await server.sql('REVOKE SELECT ON sales.orders FROM reader');
    await expect(run(memoryLake().lake)).rejects.toMatchObject({
      name: 'OrderSourceForbidden',
      message: expect.stringContaining('permission denied'),
    });
  });

  test('a role that may write is refused', async () => {
    await server.sql('GRANT UPDATE ON sales.orders TO reader');
    await expect(opened({})).rejects.toMatchObject({
      name: 'OrderSourceForbidden',
      message: expect.stringContaining('may write'),
    });
  });
});

describe('a table that has changed', () => {
  test.each([
    ['a column is gone', 'DROP COLUMN total', /no column total \(mapped to amount\)/],
    ['amounts became text', 'ALTER total TYPE text', /total is text now/],
    ['dates became text', 'ALTER ordered_at TYPE text', /ordered_at is text now/],
    ['the table is gone', 'RENAME TO commandes', /no table sales\.orders/],
    ['ids may repeat', 'DROP CONSTRAINT orders_pkey', /no unique index/],
  ])('%s', async (_, change, message) => {
    await server.sql(`ALTER TABLE sales.orders ${change}`);
    const { lake, objects } = memoryLake();
    await expect(run(lake)).rejects.toMatchObject({
      name: 'OrderSourceChanged',
      message: expect.stringMatching(message),
    });
    expect(objects.size).toBe(0);
  });

  test('a type that would fit but is another than at the last run', async () => {
    const { lake, objects } = memoryLake();
    await run(lake);
    const watermark = objects.get(watermarkKey('shop'));
    await server.sql('ALTER TABLE sales.orders ALTER total TYPE integer USING total * 100');
    await expect(run(lake)).rejects.toMatchObject({
      name: 'OrderSourceChanged',
      message: expect.stringContaining('amount was numeric and is integer'),
    });
    expect(objects.get(watermarkKey('shop'))).toBe(watermark);
  });
});
