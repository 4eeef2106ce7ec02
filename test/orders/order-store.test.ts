import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOrderStore } from '../../local/orders/order-part.ts';
import { storeOrders } from '../../local/orders/order-store.ts';
import { parseOrderSource, readOrders } from '../../local/read-orders.ts';
import type { ImportCounts, OrderBook } from '../../shared/domain/orders/order-book.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foresight-orders-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The store read back in parts, put together again. */
async function throughStore(source: string, partCustomers: number) {
  const place = mkdtempSync(join(folder, 'store-'));
  const { file, counts, customers, from, to } = await storeOrders(
    parseOrderSource(source),
    NOW,
    place,
  );
  const store = await openOrderStore(file);
  const parts: OrderBook[] = [];
  for (let first = 0; first < customers; first += partCustomers)
    parts.push(await store.part(first, first + partCustomers));
  store.close();
  rmSync(place, { recursive: true });
  return { parts, counts, from, to };
}

/** Products are numbered within a part: what is compared is which are the same within a customer. */
function comparable(customers: OrderBook['customers']) {
  return customers.map((customer) => {
    const numbers = new Map<number, number>();
    return {
      ...customer,
      orders: customer.orders.map((order) => ({
        ...order,
        products: order.products.map((product) => {
          if (!numbers.has(product)) numbers.set(product, numbers.size);
          return numbers.get(product);
        }),
      })),
    };
  });
}

function added(
  counts: readonly Pick<
    ImportCounts,
    'dropped' | 'purchases' | 'no_product' | 'cancellations_matched' | 'cancellations_unmatched'
  >[],
  dropped: Readonly<Record<string, number>>,
) {
  const all: Record<string, number> = { ...dropped };
  const total = {
    purchases: 0,
    no_product: 0,
    cancellations_matched: 0,
    cancellations_unmatched: 0,
  };
  for (const part of counts) {
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += part[name];
    for (const [reason, count] of Object.entries(part.dropped))
      all[reason] = (all[reason] ?? 0) + count;
  }
  return { ...total, dropped: all };
}

async function expectSame(source: string, partCustomers: number): Promise<void> {
  const [whole, stored] = [
    await readOrders(source, NOW, () => {}),
    await throughStore(source, partCustomers),
  ];
  expect(stored.parts.flatMap(({ customers }) => comparable(customers))).toEqual(
    comparable(whole.customers),
  );
  const { rows, merged } = stored.counts;
  expect({
    rows,
    merged,
    ...added(
      stored.parts.map(({ counts }) => counts),
      stored.counts.dropped,
    ),
  }).toEqual(whole.counts);
  expect([stored.from, stored.to]).toEqual([whole.from, whole.to]);
}

const cell = {
  customer: fc.constantFrom('A', 'B', ' B ', 'C', 'é', 'with,comma', ''),
  date: fc.constantFrom(
    '2025-01-02',
    '20250103',
    ' 2025-01-02 ',
    '2025-01-02 10:11',
    '2025-01-02T10:11:12Z',
    '2025-01-02T10:11:12.999+02:00',
    '2025-01-02 10:11:12-0530',
    '2025-01-02 10:11:12+00',
    '2025-02-30',
    '2025-13-01',
    '2025-01-02 24:00',
    '2025-01-02 23:99',
    '0024-01-01',
    '2027-01-01',
    '02/01/2025',
    '',
  ),
  amount: fc.constantFrom(
    ...['10', '10.50', '-10', '1,234.50', '1,23', '+3', '.5', '5.', '1e2', '-0', '0', 'NaN', 'inf'],
    ...['12 GBP', '1_000', '£5', '', ' 7 ', '-10.50', '1,234,567'],
  ),
  order: fc.constantFrom('', '1', '2', ' 2 '),
  country: fc.constantFrom('', 'GB', 'DE'),
};
const row = fc.record(cell);
const quoted = (text: string) => (/[",]/.test(text) ? `"${text}"` : text);
const lineOf = (one: { [Name in keyof typeof cell]: string }) =>
  [one.customer, one.date, one.amount, one.order, one.country].map(quoted).join(',');

describe('orders through the store are those read in one piece', () => {
  test('whatever stands in the cells of a table of payments', { timeout: 30_000 }, async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { maxLength: 30 }), { minLength: 1, maxLength: 2 }),
        fc.integer({ min: 1, max: 3 }),
        async (files, partCustomers) => {
          const paths = files.map((rows, index) => {
            const path = join(folder, `${run++}-${index}.csv`);
            const sure = 'A,2025-01-02,5,9,GB';
            const lines = ['id,date,amount,order_id,country', sure, ...rows.map(lineOf)];
            writeFileSync(path, `${lines.join('\n')}\n`);
            return path;
          });
          await expectSame(`transactions:${paths.join(',')}`, partCustomers);
        },
      ),
      { numRuns: 20 },
    );
  });

  test.each([
    ['csv', 'Customer', ','],
    ['tsv', 'Customer', '\t'],
  ])('rows of another width are counted: .%s', async (ending, name, delimiter) => {
    const path = join(folder, `width.${ending}`);
    const rows = [
      ['id', 'date', 'amount'],
      [name, '2025-01-02', '5'],
      [name, '2025-01-02'],
      [name, '2025-01-03', '6', 'more'],
      [name, '2025-01-04', '7'],
    ];
    writeFileSync(path, rows.map((cells) => `${cells.join(delimiter)}\n`).join(''));
    await expectSame(`transactions:${path}`, 1);
  });

  test.each(['DOUBLE', 'DECIMAL(9)', 'VARCHAR', 'INTEGER'])(
    'Parquet with amounts as %s and three kinds of time',
    async (type) => {
      const paths: string[] = [];
      const instance = await DuckDBInstance.create();
      const connection = await instance.connect();
      for (const time of ['TIMESTAMP', 'TIMESTAMPTZ', 'DATE']) {
        const path = join(folder, `${type}-${time}.parquet`);
        await connection.run(`COPY (SELECT c AS customer_id, d::${time} AS date, a::${type} AS amount FROM (VALUES
        ('A', '2025-01-02 10:11:12.5', '10'), ('B', '2025-01-03', '-3'), ('B', '2025-01-02', '7'), (NULL, NULL, NULL),
        ('C', '2027-01-01', '1')) AS rows(c, d, a)) TO '${path}' (FORMAT parquet)`);
        paths.push(path);
      }
      connection.closeSync();
      instance.closeSync();
      for (const path of paths) await expectSame(`transactions:${path}`, 2);
      await expectSame(`transactions:${paths.join(',')}`, 2);
    },
  );
});

const RETAIL = [
  '../shared/data/online-retail/online_retail_2009-12_to_2010-12.csv.gz',
  '../shared/data/online-retail/online_retail_2010-12_to_2011-08.csv.gz',
] as const;

describe.skipIf(!existsSync(RETAIL[0]))('Online Retail', () => {
  test('around the weeks that both files have', { timeout: 30_000 }, async () => {
    const [before, after] = RETAIL.map((path) =>
      gunzipSync(readFileSync(path)).toString().trimEnd().split('\n'),
    ) as [string[], string[]];
    const paths = [[before[0], ...before.slice(-25_000)], after.slice(0, 30_000)].map(
      (lines, index) => {
        const path = join(folder, `retail-${index}.csv`);
        writeFileSync(path, `${lines.join('\n')}\n`);
        return path;
      },
    );
    await expectSame(`online-retail:${paths.join(',')}`, 500);
  });
});

describe('files that are none', () => {
  test.each([
    ['no such column', 'id,day,amount\nA,2025-01-01,5\n', /no column date/],
    [
      'two currencies',
      'id,date,amount,currency\nA,2025-01-01,5,GBP\nA,2025-01-01,5,EUR\n',
      /EUR and GBP/,
    ],
    ['nothing bought', 'id,date,amount\nA,2025-01-01,-5\n', /no purchase/],
    ['empty', '', /is empty/],
  ])('%s', async (name, content, message) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.csv`);
    writeFileSync(path, content);
    await expect(throughStore(`transactions:${path}`, 1)).rejects.toMatchObject({
      name: 'UnreadableInput',
      message: expect.stringMatching(message),
    });
  });

  test('dates that became numbers in a Parquet file', async () => {
    const path = join(folder, 'numbers.parquet');
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    await connection.run(
      `COPY (SELECT 'A' AS id, 45000 AS date, 5 AS amount) TO '${path}' (FORMAT parquet)`,
    );
    connection.closeSync();
    instance.closeSync();
    await expect(throughStore(`transactions:${path}`, 1)).rejects.toMatchObject({
      name: 'UnreadableInput',
      message: expect.stringContaining('INTEGER is no date'),
    });
  });
});
