import { expect, test } from 'vitest';
import { decimal, timestamp } from '../../shared/domain/orders/cell-values.ts';

test.each([
  ['2025-01-02', '2025-01-02T00:00:00Z'],
  ['20250102', '2025-01-02T00:00:00Z'],
  [' 2025-01-02 10:11 ', '2025-01-02T10:11:00Z'],
  ['2025-01-02 10:11:12.999', '2025-01-02T10:11:12Z'],
  ['2025-01-02T10:11:12Z', '2025-01-02T10:11:12Z'],
  ['2025-01-02 10:11:12+00', '2025-01-02T10:11:12Z'],
  ['2025-01-02 10:11:12+02:00', '2025-01-02T08:11:12Z'],
  ['2025-01-02 10:11:12-0530', '2025-01-02T15:41:12Z'],
])('%s is %s', (cell, time) => {
  expect(timestamp(cell)).toBe(Date.parse(time));
});

test.each([
  '',
  '02/01/2025',
  '2025-02-30',
  '2025-13-01',
  '2025-01-02 24:00',
  '0024-01-01',
  '45000',
])('%j is no date', (cell) => {
  expect(timestamp(cell)).toBeNull();
});

test.each([
  ['10', 10],
  ['-10.50', -10.5],
  ['+3', 3],
  ['.5', 0.5],
  ['1,234,567.5', 1234567.5],
  ['1e2', 100],
])('%s is %d', (cell, number) => {
  expect(decimal(cell)).toBe(number);
});

test.each(['', '1,23', '12 GBP', '£5', '1_000', 'NaN', 'inf', '-'])('%j is no number', (cell) => {
  expect(decimal(cell)).toBeNull();
});
