import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LiveShop, ScoreWithTruth } from '../../local/simulator/live-traffic.ts';
import { scoreRow, tellShop } from '../../local/simulator/terminal.ts';

function scoreOf(propensity: number, visitor: string): ScoreWithTruth {
  return {
    at: Date.UTC(2026, 0, 5, 12),
    visitor,
    productId: 'p1042',
    truth: 0.41,
    milliseconds: 3,
    score: {
      decision_id: visitor,
      propensity,
      model_version: 'm1',
      variant: 'champion',
      action: { type: 'upsell' },
      degraded: false,
      features_as_of: null,
    },
  };
}

const scores = [scoreOf(0.02, 'v-aaaaaa'), scoreOf(0.5, 'v-bbbbbb'), scoreOf(0.1, 'v-cccccc')];

function shopWith(recent: readonly ScoreWithTruth[]): LiveShop {
  return {
    seed: 1,
    visitors: () => 12,
    recent: () => recent,
    stop: async () => undefined,
    counts: {
      events: 90,
      orders: 2,
      scores: recent.length,
      failures: 0,
      sumOfTruths: 0,
      sumOfPropensities: 0,
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function told(isTTY: boolean, shop: LiveShop, milliseconds: number): string {
  let text = '';
  const end = tellShop(shop, { isTTY, write: (part) => (text += part) });
  vi.advanceTimersByTime(milliseconds);
  end();
  vi.advanceTimersByTime(60_000);
  return text;
}

test('a row shows who, what, the bar, the truth and the action', () => {
  expect(scoreRow(scoreOf(0.5, 'v-run-bbbbbb'))).toMatch(
    /^\d\d:\d\d:\d\d {2}bbbbbb {3}p1042 {4}████████░░░░░░░░ {2}50\.0% {3}41\.0% {2}upsell$/,
  );
});

test('a terminal gets the likeliest buyer of each second once, above the totals', () => {
  const text = told(true, shopWith(scores), 2500);
  expect(text.match(/bbbbbb/g)).toHaveLength(1);
  expect(text).not.toContain('aaaaaa');
  expect(text.match(/12 visitors · 90 events · 3 scores · 2 orders/g)).toHaveLength(2);
  expect(text.endsWith('\n')).toBe(true);
});

test('anything else gets plain lines of totals, seldom', () => {
  expect(told(false, shopWith(scores), 31_000)).toBe(
    '12 visitors · 90 events · 3 scores · 2 orders\n'.repeat(2),
  );
});
