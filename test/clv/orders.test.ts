import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readOrders } from '../../local/read-orders.ts';
import { cdnowLine } from '../../shared/domain/orders/cdnow.ts';
import { decimal, timestamp } from '../../shared/domain/orders/cell-values.ts';
import { customerAsOf, valueBetween } from '../../shared/domain/orders/customer-as-of.ts';
import type { Customer } from '../../shared/domain/orders/order-book.ts';
import { UnreadableInput, Usage } from '../../shared/errors.ts';
import { HEADER, OTHER_HEADER, row } from './online-retail-rows.ts';

const NOW = Date.UTC(2012, 0, 1);
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orders-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  const text = `${lines.join('\n')}\n`;
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}

const read = (source: string) => readOrders(source, NOW, () => {});

async function only(source: string): Promise<Customer> {
  const { customers } = await read(source);
  expect(customers).toHaveLength(1);
  return customers[0] as Customer;
}

describe('Online Retail', () => {
  test('rows that two files share count once, repeats within a file as often as they stand', async () => {
    const twice = row('1');
    const a = file('a.csv.gz', [HEADER, twice, twice, row('2')]);
    const b = file('b.csv', [
      OTHER_HEADER,
      ...[twice, twice, row('3')].map((one) => one.replace(',1,France', ',1.0,France')),
    ]);
    const { customers, counts } = await read(`online-retail:${a},${b}`);
    expect(counts).toMatchObject({ rows: 6, purchases: 4, merged: 2 });
    expect(customers.map(({ id, orders }) => [id, orders.map(({ value }) => value)])).toEqual([
      ['1', [5, 2.5, 2.5]],
    ]);
  });

  test('a file given twice is the file', async () => {
    const path = file('c.csv', [HEADER, row('1'), row('1'), row('2', { customer: '2' })]);
    const [once, twice] = [
      await read(`online-retail:${path}`),
      await read(`online-retail:${path},${path}`),
    ];
    expect(twice.customers).toEqual(once.customers);
    expect(twice.counts.merged).toBe(3);
  });

  test('a cancellation takes from the latest purchase of the product, as of its own day', async () => {
    const path = file('d.csv', [
      HEADER,
      row('1', { quantity: 4, date: '2010-01-01' }),
      row('2', { quantity: 2, date: '2010-02-01' }),
      row('C3', { quantity: -3, date: '2010-03-01' }),
      row('C4', { quantity: -1, date: '2010-03-02', code: '85123A' }),
    ]);
    const { counts } = await read(`online-retail:${path}`);
    expect(counts).toMatchObject({ cancellations_matched: 1, cancellations_unmatched: 1 });
    const customer = await only(`online-retail:${path}`);
    const values = (day: string) =>
      customerAsOf(customer, Date.parse(day))?.orders.map(({ value }) => value);
    expect(values('2010-02-15')).toEqual([10, 5]);
    // The second order is cancelled whole and is none any more; one piece of the first is.
    expect(values('2010-04-01')).toEqual([7.5]);
    expect(valueBetween(customer, Date.parse('2010-02-01'), Date.parse('2010-04-01'))).toBe(0);
    expect(valueBetween(customer, Date.parse('2010-01-01'), Date.parse('2010-04-01'))).toBe(5);
  });

  test.each([
    ['POST'],
    ['DOT'],
    ['m'],
    ['D'],
    ['C2'],
    ['S'],
    ['B'],
    ['BANK CHARGES'],
    ['AMAZONFEE'],
    ['ADJUST'],
    ['PADS'],
    ['TEST001'],
    ['CRUK'],
    ['gift_0001_20'],
  ])('%s is no product: its customer bought, for nothing', async (code) => {
    const customer = await only(
      `online-retail:${file('e.csv', [HEADER, row('1', { code, price: '1,000.00'.replace(',', '') })])}`,
    );
    expect(customer.orders).toMatchObject([{ value: 0, products: [] }]);
    expect(customerAsOf(customer, NOW)?.orders).toEqual([]);
  });

  test('what is dropped is counted by reason', async () => {
    const path = file('f.csv', [
      HEADER,
      row('1'),
      row('2', { customer: '' }),
      row('3', { date: 'yesterday' }),
      row('4', { date: '2031-01-01' }),
      row('5', { price: '0' }),
      row('6', { price: 'cheap' }),
      row('7', { quantity: -5 }),
      row('C8', { customer: '9', quantity: -5 }),
      'a,b',
    ]);
    const { counts } = await read(`online-retail:${path}`);
    expect(counts.rows).toBe(9);
    expect(counts.purchases).toBe(1);
    expect(counts.dropped).toEqual({
      no_customer: 1,
      unreadable_date: 1,
      date_in_the_future: 1,
      price_not_above_0: 1,
      unreadable_price: 1,
      stock_adjustment: 1,
      customer_of_cancellations_alone: 1,
      column_count: 1,
    });
  });
});

describe('CDNOW', () => {
  test.each([
    [' 00001 19970101  1   11.77', '00001'],
    [' 00004 0001 19970101  2   29.33', '00004'],
  ])('%j', (line, customer) => {
    expect(cdnowLine(line)).toMatchObject({ customer, at: Date.UTC(1997, 0, 1), cancels: false });
  });

  test('the header of the master file is no row', async () => {
    const path = file('cdnow.txt', [
      ' customer_id  date number_of_cds  dollar_value\r',
      ' 1 19970101 1 11.77\r',
    ]);
    expect((await read(`cdnow:${path}`)).counts).toMatchObject({ rows: 1, purchases: 1 });
  });

  test('another file is refused', async () => {
    await expect(read(`cdnow:${file('g.txt', [HEADER])}`)).rejects.toThrow(UnreadableInput);
  });
});

describe('transactions', () => {
  test.each(['csv', 'tsv'])('a %s of customer, date and amount', async (ending) => {
    const lines = [
      ['date', 'amount', 'customer_id'],
      ['2010-01-01', ending === 'csv' ? '"1,234.50"' : '1,234.50', 'x'],
      ['2010-01-03T09:00:00Z', '-34.50', 'x'],
    ].map((cells) => cells.join(ending === 'csv' ? ',' : '\t'));
    const customer = await only(`transactions:${file(`h.${ending}`, lines)}`);
    expect(customer.orders.map(({ value }) => value)).toEqual([1234.5]);
    expect(valueBetween(customer, 0, NOW)).toBe(1200);
  });

  test('a Parquet file of typed columns', async () => {
    const path = join(folder, 'k.parquet');
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    await connection.run(
      `COPY (SELECT 7 AS id, TIMESTAMP '2010-01-01 09:30:00' AS date, 12.50::DECIMAL(9, 2) AS amount)
       TO '${path}' (FORMAT parquet)`,
    );
    connection.closeSync();
    instance.closeSync();
    const customer = await only(`transactions:${path}`);
    expect(customer).toMatchObject({
      id: '7',
      orders: [{ at: Date.UTC(2010, 0, 1, 9, 30), value: 12.5 }],
    });
  });

  test('amounts in two currencies are refused', async () => {
    const path = file('i.csv', [
      'id,date,amount,currency',
      'x,2010-01-01,1,GBP',
      'x,2010-01-02,1,EUR',
    ]);
    await expect(read(`transactions:${path}`)).rejects.toThrow(/GBP and EUR/);
  });

  test('a missing column is named', async () => {
    const path = file('j.csv', ['id,date', 'x,2010-01-01']);
    await expect(read(`transactions:${path}`)).rejects.toThrow(/no column amount/);
  });
});

test.each(['online-retail', 'orders:x.csv', 'cdnow:'])('%s is no source', async (source) => {
  await expect(read(source)).rejects.toThrow(Usage);
});

test.each([
  ['1,234.5', 1234.5],
  ['1,23', null],
  ['', null],
  ['.5', 0.5],
  ['-2e3', -2000],
  ['1 2', null],
])('the cell %j is the number %j', (text, number) => {
  expect(decimal(text)).toBe(number);
});

test.each(['2010-02-30', '2010-13-01', '01/02/2010', '2010', ''])('%j is no date', (text) => {
  expect(timestamp(text)).toBeNull();
});

test('a time with a zone is taken in UTC, one without as it stands', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4e9 }),
      fc.integer({ min: -12, max: 12 }),
      (seconds, zone) => {
        const local = new Date(seconds * 1000).toISOString().slice(0, 19);
        const offset = `${zone < 0 ? '-' : '+'}${String(Math.abs(zone)).padStart(2, '0')}:00`;
        expect(timestamp(local)).toBe(seconds * 1000);
        expect(timestamp(`${local}${offset}`)).toBe(seconds * 1000 - zone * 3_600_000);
      },
    ),
  );
});
