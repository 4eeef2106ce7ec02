import { describe, expect, test } from 'vitest';
import type { ReadColumn } from '../../shared/domain/table-columns.ts';
import { sessionColumns, sessionRows, stepColumns } from '../../shared/domain/table-sessions.ts';

const numbers = (name: string, ...values: number[]): ReadColumn => ({
  name,
  numbers: Float32Array.from(values),
});

/** Session a has four clicks, b two, whose rows stand between those of a. */
const sessions = sessionRows(['a', 'b', 'a', 'a', 'b', 'a']);
const columns: readonly ReadColumn[] = [
  numbers('position', 1, 1, 2, 3, 2, 4),
  numbers('seconds', 0, 0, 5, 5, 60, 35),
  numbers('mobile', 1, 0, 1, 1, 0, 1),
  numbers('price', 9.5, 2.5, 1.5, Number.NaN, 3.5, 4),
  { name: 'page', texts: ['home', 'list', 'list', 'item', 'home', 'list'] },
];
const steps = stepColumns(columns, sessions);

test('rows of a session need not stand together, and a row without one is alone', () => {
  expect(sessions).toEqual([
    [0, 2, 3, 5],
    [1, 4],
  ]);
  expect(sessionRows(['a', null, '', 'a'])).toEqual([[0, 3], [1], [2]]);
});

test('what a column is follows from how it moves within a session', () => {
  expect(steps.map(({ name, role }) => [name, role])).toEqual([
    ['seconds', 'clock'],
    ['mobile', 'attribute'],
    ['price', 'amount'],
    ['page', 'code'],
  ]);
});

describe('a session as one row', () => {
  const row = new Map(
    sessionColumns(steps, columns, sessions).map((column) => [
      column.name,
      'texts' in column ? column.texts : [...column.numbers],
    ]),
  );

  test.each<[string, readonly (number | string | null)[]]>([
    ['rows', [4, 2]],
    ['mobile', [1, 0]],
    ['seconds: all', [35, 60]],
    ['seconds: longest gap', [30, 60]],
    ['seconds: median gap', [5, 60]],
    ['seconds: last gap but one', [0, Number.NaN]],
    ['price: sum', [15, 6]],
    ['price: mean', [5, 3]],
    ['price: last', [4, 3.5]],
    ['page: different', [3, 2]],
    ['page: changes', [3, 1]],
    ['page: row 2', ['list', 'home']],
    ['page: row −1', ['list', 'home']],
    ['page: row −3', ['list', null]],
    ['page list: rows', [2, 1]],
    ['page home: rows since', [4, 1]],
    ['page item: rows since', [2, Number.NaN]],
    ['page list: seconds', [0, 60]],
    ['page item: seconds', [30, 0]],
    ['page: list → item', [1, 0]],
    ['page: list → home', [0, 1]],
  ])('%s', (name, values) => {
    expect(row.get(name)).toEqual(values);
  });

  test('the number of a row within its session is no column', () => {
    expect([...row.keys()].filter((name) => name.startsWith('position'))).toEqual([]);
  });
});
