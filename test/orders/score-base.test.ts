import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeOrders } from '../../local/orders/order-store.ts';
import { scoreBase } from '../../local/orders/score-base.ts';
import { parseOrderSource, readOrders } from '../../local/read-orders.ts';
import { openClvModel, scoreCustomers } from '../../shared/domain/clv-model.ts';
import type { ClvDocument } from '../../shared/schemas/clv-model.ts';

const AT = Date.parse('2026-01-01T00:00:00Z');
const CUSTOMERS = 500;
/** A model without trees: what a part is told of the population is the same with them. */
const DOCUMENT: ClvDocument = {
  kind: 'clv',
  champion: 'seasonal-bg-nbd',
  horizon_days: 90,
  label_days: 90,
  as_of: AT,
  data_from: Date.parse('2025-01-01T00:00:00Z'),
  bg_nbd: { r: 0.5, alpha: 6, a: 0.8, b: 2.5, diagnosis: [], fallback: null },
  gamma_gamma: { p: 6, q: 4, v: 15, diagnosis: [], fallback: null },
  season: null,
  value_cap: 1000,
  trees: null,
  cut_points: { high: 40, medium: 20 },
  intervals: { basis: 'exponential', coverage: null, bins: [{ from: 0, low: 0.1, high: 2.3 }] },
};
const MODEL = { version: '2026-01-01-000000000000', document: DOCUMENT };

let folder: string;
let source: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foresight-base-'));
  const rows = Array.from({ length: CUSTOMERS * 6 }, (_, index) => {
    const day = 1 + ((index * 7919) % 27);
    const date = `2025-${String(1 + (index % 12)).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
    return `customer ${(index * 31) % CUSTOMERS},${date},${((index * 17) % 90) - 3}`;
  });
  const path = join(folder, 'orders.csv');
  writeFileSync(path, `id,date,amount\n${rows.join('\n')}\n`);
  source = `transactions:${path}`;
});
afterAll(() => rmSync(folder, { recursive: true }));

async function scored(ending: string, workers: number, partCustomers: number) {
  const place = mkdtempSync(join(folder, 'run-'));
  const store = await storeOrders(parseOrderSource(source), AT, place);
  const path = join(place, `scores.${ending}`);
  const base = await scoreBase(store, MODEL, AT, { folder: place, path, workers, partCustomers });
  return { base, bytes: readFileSync(path) };
}

describe('a base scored in parts', { timeout: 30_000 }, () => {
  test('holds what is said of all customers in one piece, in the order of their ids', async () => {
    const { base, bytes } = await scored('csv', 2, 37);
    const book = await readOrders(source, AT, () => {});
    const whole = scoreCustomers(openClvModel(MODEL.version, DOCUMENT), book, AT, { reasons: 0 });
    const [header, ...lines] = bytes.toString().trimEnd().split('\n');
    expect(header).toBe(
      'customer_id,predicted_value,low,high,p_alive,churn_probability,expected_purchases,tier',
    );
    expect(lines).toEqual(
      whole.map((one) =>
        [
          one.customer_id,
          ...[one.predicted_value, one.low, one.high].map((value) => value.toFixed(4)),
          ...[one.p_alive, one.churn_probability, one.expected_purchases].map((value) =>
            value.toFixed(6),
          ),
          one.tier,
        ].join(','),
      ),
    );
    expect(base).toMatchObject({ customers: whole.length, counts: book.counts });
    expect(base.tiers.low + base.tiers.medium + base.tiers.high).toBe(whole.length);
  });

  test('is the same bytes whatever the workers and the parts', async () => {
    const one = await scored('csv', 1, CUSTOMERS);
    const other = await scored('csv', 2, 61);
    expect(other.bytes.equals(one.bytes)).toBe(true);
    expect(other.base.counts).toEqual(one.base.counts);
  });

  test('can be Parquet', async () => {
    const { bytes } = await scored('parquet', 2, 100);
    expect(bytes.subarray(0, 4).toString()).toBe('PAR1');
  });

  test('a worker that fails fails the whole, and leaves no file', async () => {
    const place = mkdtempSync(join(folder, 'run-'));
    const store = await storeOrders(parseOrderSource(source), AT, place);
    const broken = { ...MODEL, document: { ...DOCUMENT, intervals: null as never } };
    const path = join(place, 'scores.csv');
    await expect(scoreBase(store, broken, AT, { folder: place, path, workers: 2 })).rejects.toThrow(
      /null/,
    );
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });
});
