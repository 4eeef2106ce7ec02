import { describe, expect, test } from 'vitest';
import {
  checkDay,
  checkSnapshot,
  type SurveyRow,
} from '../../shared/domain/batch-features-run/check-survey.ts';

const DATE = '2026-05-07';

/** Of a hundred products. */
const row = (dt: string, changes: SurveyRow = {}): SurveyRow => ({
  dt,
  row_count: '100',
  ids: '100',
  without_id: '0',
  present_avg_price_7d: '90',
  least_avg_price_7d: '1',
  greatest_avg_price_7d: '500',
  present_view_count_30d: '100',
  least_view_count_30d: '0',
  greatest_view_count_30d: '40',
  present_purchase_count_30d: '100',
  present_view_to_purchase_rate_30d: '100',
  ...changes,
});
const week = ['2026-05-04', '2026-05-05', '2026-05-06'].map((day) => row(day));
const halted = (own: SurveyRow, before: readonly SurveyRow[] = week) =>
  checkSnapshot('product', DATE, [...before, own])
    .filter(({ verdict }) => verdict === 'halt')
    .map(({ name, detail }) => `${name}: ${detail}`);

test('a snapshot like those before it passes', () => {
  expect(halted(row(DATE))).toEqual([]);
  expect(
    checkSnapshot('product', DATE, [...week, row(DATE)]).map(({ verdict }) => verdict),
  ).toEqual(['pass', 'pass']);
});

test.each<[string, SurveyRow, string]>([
  ['half its rows', { row_count: '49', ids: '49' }, 'rows: 49 rows, 100 in the mean'],
  ['twice its rows', { row_count: '201', ids: '201' }, 'rows: 201 rows'],
  ['a repeated id', { ids: '99' }, 'ids: 0 rows without an id, 1 that repeat'],
  ['a row without an id', { ids: '99', without_id: '1' }, 'ids: 1 rows without an id'],
  [
    '80 % missing',
    { present_avg_price_7d: '20' },
    'avg_price_7d is missing in 80 % of the rows, 10 %',
  ],
  [
    'a price of 999,999,999',
    { greatest_avg_price_7d: '999999999' },
    'avg_price_7d goes up to 999999999, 500',
  ],
  ['a count below zero', { least_view_count_30d: '-1' }, 'view_count_30d goes down to -1'],
])('%s halts', (_, changes, told) => {
  const before = week.map((each) => ({
    ...each,
    present_view_to_purchase_rate_30d: each['row_count'] as string,
  }));
  expect(halted(row(DATE, changes), before).join('\n')).toContain(told);
});

test('what has nothing before it is judged by itself alone', () => {
  const findings = checkSnapshot('product', DATE, [
    row('2026-05-06'),
    row(DATE, { row_count: '9', ids: '9' }),
  ]);
  expect(findings.map(({ name, verdict }) => [name, verdict])).toEqual([
    ['ids', 'pass'],
    ['trailing', 'not-judged'],
  ]);
});

test('no row at all halts', () => {
  expect(halted(row('2026-05-03'), week)).toEqual(['rows: the snapshot has no row']);
});

test('refunds may take a sum of money below zero, nothing else', () => {
  const user = { dt: DATE, row_count: '1', ids: '1', without_id: '0' };
  const verdict = (changes: SurveyRow) =>
    checkSnapshot('user', DATE, [{ ...user, ...changes }])
      .filter((finding) => finding.verdict === 'halt')
      .map(({ detail }) => detail);
  expect(verdict({ least_total_spend_30d: '-5' })).toEqual([]);
  expect(verdict({ least_recency: '-5' })).toEqual(['recency goes down to -5']);
});

describe('a day of events', () => {
  const good = { lines: '3', without_event_id: '0', without_visitor: '0' };
  test('is fit where every line has what it needs', () => {
    expect(() => checkDay(DATE, [good])).not.toThrow();
  });
  test.each<[string, readonly SurveyRow[], string]>([
    ['no answer', [], 'no line of 2026-05-07'],
    ['no line', [{ lines: '0' }], 'no line of 2026-05-07'],
    ['a renamed column', [{ ...good, without_visitor: '3' }], '3 lines without visitor'],
  ])('%s stops it', (_, rows, told) => {
    expect(() => checkDay(DATE, rows)).toThrow(told);
  });
});
