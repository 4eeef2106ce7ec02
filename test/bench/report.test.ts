import { describe, expect, test } from 'vitest';
import { figure, type Result, tableOf, verdictOf } from '../../bench/report.ts';

const sample = { min: 90, median: 100, max: 130, rounds: 3 };
const row = { name: 'fold', unit: 'events/s', sample };

describe('verdictOf', () => {
  test.each([
    [{ ...row, target: { least: 100 } }, 'met'],
    [{ ...row, target: { least: 100.1 } }, 'MISSED'],
    [{ ...row, target: { most: 100 } }, 'met'],
    [{ ...row, target: { most: 99.9 } }, 'MISSED'],
    [row, null],
    [{ name: 'fold', because: 'no data here' }, 'not measured'],
  ] satisfies [Result, string | null][])('%j is %s', (result, verdict) => {
    expect(verdictOf(result)).toBe(verdict);
  });
});

describe('tableOf', () => {
  test('shows figures, spread, target, verdict and ratio in one line a result', () => {
    const ratio = { min: 0.2, median: 0.25, max: 0.3, rounds: 3 };
    const table = tableOf([
      { ...row, target: { least: 5000 }, against: { baseline: 'plain', ratio } },
      { name: 'real events', because: 'not here' },
    ]);
    const [, , first, second] = table.split('\n').map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(first).toEqual([
      'fold',
      '100',
      '90 … 130',
      'events/s',
      '≥ 5,000',
      'MISSED',
      '0.25 × plain',
    ]);
    expect(second).toEqual(['real events', '', '', '', '', 'not measured', 'not here']);
  });

  test('gives every line the same width', () => {
    const lines = tableOf([row, { ...row, name: 'a much longer name than the first' }]).split('\n');
    expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
  });
});

test.each([
  [0.038_26, '0.0383'],
  [7, '7'],
  [99.94, '99.9'],
  [2_790.6, '2,791'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
])('figure(%d) is %s', (value, text) => {
  expect(figure(value)).toBe(text);
});
