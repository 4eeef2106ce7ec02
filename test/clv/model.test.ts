import { beforeAll, describe, expect, test } from 'vitest';
import {
  type ClvModel,
  openClvModel,
  readClvModel,
  scoreCustomers,
  snapshotFor,
} from '../../shared/domain/clv-model.ts';
import { type TrainedClv, trainClv } from '../../shared/domain/clv-training.ts';
import { type OrderBook, OrderCollector } from '../../shared/domain/orders/order-book.ts';
import { NotEnoughData, UnusableModel } from '../../shared/errors.ts';
import { clvScore } from '../../shared/schemas/clv.ts';
import { dateOf, type Payment, payments } from './shop.ts';

const DAY_MS = 86_400_000;
const CUTOFF_DAY = 300;
const HORIZON_DAYS = 60;
const AT = Date.parse(dateOf(CUTOFF_DAY));

function bookOf(rows: readonly Payment[]): OrderBook {
  const collector = new OrderCollector({ files: 1, now: Number.POSITIVE_INFINITY });
  collector.startFile();
  for (const { customer, day, amount } of rows)
    collector.add({
      customer,
      order: `${customer} ${day}`,
      at: Date.parse(dateOf(day)),
      product: 'purchase',
      quantity: 1,
      value: amount,
      cancels: false,
      country: Number(customer.slice(1)) % 2 === 0 ? 'here' : 'there',
    });
  return collector.finish();
}

const train = (book: OrderBook, more: { horizonDays?: number } = {}) =>
  trainClv(book, {
    at: AT,
    horizonDays: HORIZON_DAYS,
    seed: 1,
    runDate: '2026-11-21',
    codeVersion: '1.2.3',
    dataDigests: ['0'.repeat(64)],
    ...more,
  });

describe('a model of 400 customers', () => {
  const book = bookOf(payments(400, CUTOFF_DAY + HORIZON_DAYS, 5));
  let trained: TrainedClv;
  let model: ClvModel;
  beforeAll(async () => {
    trained = await train(book);
    model = readClvModel(trained.folder);
  }, 60_000);

  test('is the same version again from the same orders, and from none that are later', async () => {
    const known = {
      ...book,
      customers: book.customers.flatMap((customer) => {
        const orders = customer.orders.filter(({ at }) => at < AT);
        return orders.length === 0 ? [] : [{ ...customer, orders }];
      }),
    };
    expect((await train(known)).folder.version).toBe(trained.folder.version);
  }, 30_000);

  test('scores everybody who had bought, each as its schema says', () => {
    const scores = scoreCustomers(model, book, AT);
    expect(scores.length).toBe(
      book.customers.filter(({ orders }) => (orders[0]?.at ?? AT) < AT).length,
    );
    for (const score of scores) {
      expect(() => clvScore.parse(score)).not.toThrow();
      expect(score.low).toBeLessThanOrEqual(score.predicted_value);
      expect(score.high).toBeGreaterThanOrEqual(score.predicted_value);
      expect(score.reasons.length).toBeLessThanOrEqual(5);
    }
    const tiers = (['high', 'medium', 'low'] as const).map((tier) =>
      scores.filter((score) => score.tier === tier).map((score) => score.predicted_value),
    );
    expect(Math.min(...(tiers[0] ?? []))).toBeGreaterThan(Math.max(...(tiers[1] ?? [])));
    expect(Math.min(...(tiers[1] ?? []))).toBeGreaterThan(Math.max(...(tiers[2] ?? [])));
  });

  test('scores any part of the customers as it scores them all', () => {
    const whole = scoreCustomers(model, book, AT + 7 * DAY_MS);
    const parts = [0, 1, 2].flatMap((part) =>
      scoreCustomers(
        model,
        { customers: book.customers.filter((_, index) => index % 3 === part) },
        AT + 7 * DAY_MS,
      ),
    );
    expect(parts.toSorted((a, b) => (a.customer_id < b.customer_id ? -1 : 1))).toEqual(whole);
  });

  test('contributions and base sum to the value in money, for every candidate', () => {
    for (const champion of ['ensemble', 'trees', 'correction', 'seasonal-bg-nbd'] as const) {
      const opened = openClvModel('x', { ...trained.document, champion });
      const snapshot = snapshotFor(opened, book, AT);
      const values = opened.valuesOf(snapshot).values.get(champion) as Float64Array;
      for (let row = 0; row < values.length; row += 40) {
        const { base, contributions } = opened.explain(snapshot, row);
        const sum = contributions.reduce((all, one) => all + one, base);
        expect(sum / (values[row] as number)).toBeCloseTo(1, 5);
      }
    }
  });

  test('of other features than are computed here is refused', () => {
    const { document } = trained;
    const trees = document.trees && { ...document.trees, features: ['recency'] };
    expect(() => openClvModel('x', { ...document, trees })).toThrow(UnusableModel);
  });

  test('intervals hold about four in five of later customers', () => {
    const { basis, coverage } = trained.document.intervals;
    expect(basis).toBe('time-later');
    expect(coverage).toBeGreaterThan(0.7);
  });

  test('is measured against both baselines, in gates that say what they found', () => {
    expect(trained.gates.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'gini-over-past-spend',
        'spearman-over-bg-nbd-gamma-gamma',
        'mae-over-past-spend',
        'total-bias',
        'decile-calibration',
        'interval-coverage',
        'disparate-impact:country',
      ]),
    );
    expect(trained.slices.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['here', 'there']),
    );
    expect(Buffer.from(trained.folder.card).toString()).toContain('disparate-impact:country');
  });
});

describe('a base that teaches little', () => {
  test.each([
    ['one customer', [{ customer: 'c0', day: 0, amount: 20 }]],
    [
      'customers who never repeat',
      Array.from({ length: 30 }, (_, i) => ({ customer: `c${i}`, day: 3 * i, amount: 20 })),
    ],
    [
      'one customer with 100,000 orders',
      Array.from({ length: 100_000 }, (_, i) => ({
        customer: 'c0',
        day: Math.floor((i * CUTOFF_DAY) / 100_000),
        amount: 1 + (i % 7),
      })),
    ],
  ])('%s: the fallback is declared, nobody is worth nothing without a word', async (_, rows) => {
    const book = bookOf(rows);
    const { folder, document, gates } = await train(book);
    expect(document).toMatchObject({
      champion: 'seasonal-bg-nbd',
      trees: null,
      intervals: { basis: 'exponential', coverage: null },
    });
    expect(document.bg_nbd.diagnosis).not.toEqual([]);
    expect(gates.map(({ verdict }) => verdict)).not.toContain('pass');
    const scores = scoreCustomers(readClvModel(folder), book, AT);
    expect(scores).toHaveLength(book.customers.length);
    for (const score of scores) {
      expect(score.predicted_value).toBeGreaterThan(0);
      expect(score.high).toBeGreaterThan(score.predicted_value);
      clvScore.parse(score);
    }
  });

  test('nobody bought before the day: an error says so', async () => {
    await expect(train(bookOf([{ customer: 'c0', day: CUTOFF_DAY, amount: 1 }]))).rejects.toThrow(
      NotEnoughData,
    );
  });
});
