import { describe, expect, test } from 'vitest';
import { gatherOrders, partBook } from '../../shared/domain/clv-publication/gathered-orders.ts';
import { measureOutcomes } from '../../shared/domain/clv-publication/measure-outcomes.ts';
import { orderFileLines } from '../../shared/domain/clv-publication/order-file-lines.ts';
import { clvPerformance, performanceDrops } from '../../shared/domain/clv-publication/proxies.ts';
import {
  manifestKey,
  partTotalsKey,
} from '../../shared/domain/clv-publication/publication-keys.ts';
import { writePublished } from '../../shared/domain/clv-publication/published-files.ts';
import { totalsOf } from '../../shared/domain/clv-publication/score-totals.ts';
import { tellDrops } from '../../shared/domain/clv-publication/tell-drops.ts';
import type { OrderLine } from '../../shared/domain/orders/order-line.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import type { ClvPublication } from '../../shared/schemas/clv.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { baseOf } from './scores.ts';

freshDataDirectory();

describe('performance', () => {
  test('of a right order is 1, of its reverse −1; RMSE only where the window is whole', () => {
    const values = [1, 5, 9, 20];
    const right = values.map((value) => ({ predicted: value, actual: 2 * value }));
    expect(clvPerformance(right, false)).toEqual({
      customers: 4,
      buyers: 4,
      spearman: 1,
      gini: 1,
      rmse: null,
    });
    const wrong = values.map((value) => ({ predicted: -value, actual: value }));
    expect(clvPerformance(wrong, true)).toMatchObject({ spearman: -1, gini: -1 });
    expect(clvPerformance([{ predicted: 3, actual: 0 }], true)).toMatchObject({ rmse: 3 });
  });

  test.each([
    ['a fall of 20 %', { spearman: 0.48 }, { spearman: 0.6 }, ['spearman']],
    ['a fall of less', { spearman: 0.481 }, { spearman: 0.6 }, []],
    ['an error 20 % larger', { rmse: 120 }, { rmse: 100 }, ['rmse']],
    ['an error that is smaller', { rmse: 50 }, { rmse: 100 }, []],
    ['what was not measured', { gini: null }, { gini: 0.7 }, []],
    ['what was not measured then', { gini: 0.1 }, {}, []],
  ])('drops by %s', (_case, now, before, metrics) => {
    expect(performanceDrops(now, before).map(({ metric }) => metric)).toEqual(metrics);
  });
});

const line = (customer: string, day: string, value: number): OrderLine => ({
  customer,
  order: `${customer} ${day}`,
  at: Date.parse(`${day}T12:00:00Z`),
  product: 'p',
  quantity: 1,
  value,
  cancels: false,
  country: null,
});
const ring = { current: 'k1', keys: { k1: '0'.repeat(64) } };

test('equal lines of overlapping files count as often as in the file that has most', async () => {
  const lake = openObjectStore('Files');
  const files = [
    [line('a', '2026-01-01', 5), line('a', '2026-01-01', 5), line('b', '2026-01-02', 7)],
    [line('a', '2026-01-01', 5), line('b', '2026-01-03', 9)],
  ];
  const keys = files.map((_, file) => `bronze/order_lines/${file}.jsonl`);
  for (const [file, lines] of files.entries()) {
    const text = `${lines
      .map(orderFileLines(ring))
      .map((one) => JSON.stringify(one))
      .join('\n')}\nnonsense\n`;
    await lake.put(keys[file] as string, new TextEncoder().encode(text));
  }
  const place = { run: 'r', chunk: 0, parts: 1 };
  const counts = await gatherOrders(keys, place, lake, (bytes) => Buffer.from(bytes).toString());
  expect(counts).toEqual({ lines: 7, kept: 5, left_out: 0, unreadable: 2 });
  const book = await partBook('r', 0, Date.UTC(2026, 1, 1), lake);
  expect(book.base).toBe(2);
  const spent = book.customers.map(({ orders }) =>
    orders.reduce((sum, { value }) => sum + value, 0),
  );
  expect(spent.toSorted()).toEqual([10, 16]);
});

test('a published day is measured once its window is over, and a drop is announced', async () => {
  const lake = openObjectStore('Outcomes');
  const scores = baseOf(40);
  const publish = async (as_of: string, reversed: boolean) => {
    const published = scores.map((score) => ({
      ...score,
      predicted_value: reversed ? 1 / score.predicted_value : score.predicted_value,
    }));
    const as = { as_of, model_version: 'm', horizon_days: 60 };
    const files = await writePublished(0, published, as, lake);
    const totals = totalsOf(published, 40);
    const publication: ClvPublication = {
      ...as,
      run_id: `run-${as_of}`,
      previous: null,
      counts: { customers: 40 },
      totals: { predicted_value: 1, mean_value: 1, expected_purchases: 1 },
      tiers: totals.tiers,
      distribution: { edges: [0], customers: [40] },
      checks: [],
      files,
    };
    const bytes = new TextEncoder().encode(JSON.stringify(publication));
    await lake.put(manifestKey(as_of), bytes);
    return publication;
  };
  await publish('2026-01-05', false);
  await publish('2026-01-12', true);
  const newest = await publish('2026-02-16', false);
  const bought = ['2026-01-10', '2026-01-20'].flatMap((day) =>
    scores.map(({ customer_id, predicted_value }) => ({
      key: `${customer_id} ${day}`,
      changed: '',
      line: line(customer_id, day, predicted_value),
    })),
  );
  const text = bought.map((one) => `${JSON.stringify(one)}\n`).join('');
  await lake.put(`gold/clv/runs/${newest.run_id}/orders/00000/00000.jsonl`, Buffer.from(text));
  await lake.put(partTotalsKey(newest.run_id, 0), Buffer.from('{}'));

  const first = await measureOutcomes(newest, lake, lake);
  expect(first.measured).toEqual(['2026-01-05', '2026-01-12']);
  expect(first.outcomes.map(({ proxy, whole }) => [proxy.spearman, whole])).toEqual([
    [expect.closeTo(1, 10), null],
    [expect.closeTo(-1, 10), null],
  ]);
  expect(first.drops.map(({ as_of, window, metric }) => [as_of, window, metric])).toEqual([
    ['2026-01-12', 'proxy', 'spearman'],
    ['2026-01-12', 'proxy', 'gini'],
  ]);
  const again = await measureOutcomes(newest, lake, lake);
  expect(again).toEqual({ outcomes: first.outcomes, measured: [], drops: [] });

  const announced: string[] = [];
  await tellDrops(first.drops, {
    bus: {
      putEvents: async (events) => {
        announced.push(...events.map(({ type }) => type));
        return events.map(() => null);
      },
    },
    notices: { publish: async ({ body }) => void announced.push(body) },
  });
  expect(announced.slice(0, 2)).toEqual(['ClvPerformanceDropped', 'ClvPerformanceDropped']);
  expect(announced[2]).toContain('spearman of 2026-01-12 by m, against the next 30 days: -1.000');
});
