import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { register } from '../../cli/backtest.ts';
import { useEnvironment } from '../../local/environment.ts';
import { readProjectWiring } from '../../local/project.ts';
import { NotEnoughData, UnreadableInput, Usage } from '../../shared/errors.ts';
import { printedBy } from '../printed-by.ts';
import { dateOf, type Payment, payments, transactionsCsv } from './shop.ts';

const folder = mkdtempSync(join(tmpdir(), 'clv-'));
const file = (name: string) => join(folder, name);

const CUTOFF_DAY = 300;
const HORIZON_DAYS = 60;
const all = payments(400, CUTOFF_DAY + HORIZON_DAYS + 1, 5);

beforeAll(() => {
  useEnvironment(readProjectWiring('dev'), join(folder, 'data'));
  write('all.csv', all);
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, rows: readonly Payment[]): void {
  writeFileSync(file(name), transactionsCsv(rows));
}

interface Run {
  readonly orders: string;
  readonly out: string;
  readonly cutoff?: string;
  readonly horizon?: string;
}

/** What the command printed, in this process. */
async function backtest(
  { orders, out, cutoff = dateOf(CUTOFF_DAY), horizon = `${HORIZON_DAYS}` }: Run,
  ...more: string[]
): Promise<string> {
  const flags = ['--orders', orders, '--cutoff', cutoff, '--horizon-days', horizon, '--out', out];
  return printedBy([register], ['backtest', 'clv', ...flags, ...more]);
}

function predictions(name: string) {
  const [header, ...lines] = readFileSync(file(name), 'utf8').trim().split('\n');
  expect(header).toBe('customer_id,predicted_value,p_alive,expected_purchases,tier');
  return lines.map((line) => {
    const [id = '', value, alive, purchases, tier = ''] = line.split(',');
    return { id, value: Number(value), alive: Number(alive), purchases: Number(purchases), tier };
  });
}

describe('a shop of 400 customers', () => {
  test('everybody who had bought is predicted and measured; what came later changes nothing', async () => {
    const printed = JSON.parse(
      await backtest({ orders: `transactions:${file('all.csv')}`, out: file('all.out') }, '--json'),
    );
    const known = all.filter(({ day }) => day < CUTOFF_DAY);
    const predicted = predictions('all.out');
    expect(predicted.map(({ id }) => id)).toEqual(
      [...new Set(known.map(({ customer }) => customer))].sort(),
    );
    for (const { value, alive, purchases, tier } of predicted) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(alive).toBeGreaterThanOrEqual(0);
      expect(alive).toBeLessThanOrEqual(1);
      expect(purchases).toBeGreaterThanOrEqual(0);
      expect(['High', 'Medium', 'Low']).toContain(tier);
    }
    const { metrics, champion } = printed;
    const following = all.filter(
      ({ customer, day }) =>
        day >= CUTOFF_DAY &&
        day < CUTOFF_DAY + HORIZON_DAYS &&
        known.some((one) => one.customer === customer),
    );
    expect(metrics.total).toBeCloseTo(
      following.reduce((sum, { amount }) => sum + amount, 0),
      6,
    );
    expect(Object.keys(metrics.models)).toEqual([
      champion.model,
      'past-spend',
      'bg-nbd-gamma-gamma',
    ]);
    for (const model of Object.values(metrics.models) as { gini: Record<string, number> }[]) {
      const { value, lower, upper } = model.gini;
      expect(lower).toBeLessThanOrEqual(value as number);
      expect(upper).toBeGreaterThanOrEqual(value as number);
    }
    expect(metrics.models[champion.model].gini.value).toBeGreaterThan(0.4);

    write('known.csv', known);
    const text = await backtest({
      orders: `transactions:${file('known.csv')}`,
      out: file('known.out'),
    });
    expect(readFileSync(file('known.out'), 'utf8')).toBe(readFileSync(file('all.out'), 'utf8'));
    expect(text).toMatch(/nothing to measure against/);
  }, 60_000);
});

describe('a base that teaches little', () => {
  test.each([
    ['one customer', [{ customer: 'x', day: 0, amount: 20 }]],
    [
      'customers who never repeat',
      Array.from({ length: 30 }, (_, i) => ({ customer: `c${i}`, day: 3 * i, amount: 20 })),
    ],
    [
      'one customer with 3000 orders',
      Array.from({ length: 3000 }, (_, i) => ({
        customer: 'x',
        day: i % CUTOFF_DAY,
        amount: 1 + (i % 7),
      })),
    ],
  ])('%s: predicted without trees, and said so', async (name, rows) => {
    write(`${name}.csv`, rows);
    const printed = JSON.parse(
      await backtest(
        { orders: `transactions:${file(`${name}.csv`)}`, out: file(`${name}.out`) },
        '--json',
      ),
    );
    expect(printed.champion).toMatchObject({ model: 'seasonal-bg-nbd', candidates: null });
    expect(printed.bg_nbd.diagnosis).not.toEqual([]);
    const predicted = predictions(`${name}.out`);
    expect(predicted).toHaveLength(new Set(rows.map(({ customer }) => customer)).size);
    for (const { value } of predicted) expect(value).toBeGreaterThan(0);
  });
});

describe('what cannot be done is said', () => {
  const out = file('refused.out');
  test.each([
    [{ cutoff: '08/09/2020' }, Usage, /YYYY-MM-DD/],
    [{ cutoff: '2020-02-31' }, Usage, /YYYY-MM-DD/],
    [{ horizon: '0' }, Usage, /--horizon-days/],
    [{ horizon: '1.5' }, Usage, /--horizon-days/],
    [{ out: '/no/such/folder/x.csv' }, Usage, /cannot write/],
    [{ cutoff: '2019-01-01' }, NotEnoughData, /nobody bought before/],
    [{ orders: 'cdnow:absent.txt' }, UnreadableInput, /absent\.txt/],
  ])('%j', async (flags, error, message) => {
    const run = backtest({ orders: `transactions:${file('all.csv')}`, out, ...flags });
    await expect(run).rejects.toThrow(error);
    await expect(run).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });
});
