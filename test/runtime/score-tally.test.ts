import { Metrics } from '@aws-lambda-powertools/metrics';
import { beforeEach, expect, test, vi } from 'vitest';
import { ScoreTally } from '../../shared/runtime/score-tally.ts';
import type { ScoreResponse } from '../../shared/schemas/score.ts';

const START = Date.UTC(2026, 0, 1);
const lines: Record<string, unknown>[] = [];

const answer = (over: Partial<ScoreResponse> = {}): ScoreResponse => ({
  decision_id: 'd',
  propensity: 0.5,
  model_version: 'v1',
  variant: 'champion',
  action: { type: 'none' },
  degraded: false,
  features_as_of: new Date(START - 2_000).toISOString(),
  ...over,
});

/** A tally whose lines are kept instead of printed. */
function openTally(): ScoreTally {
  const metrics = new Metrics({ namespace: 'N', serviceName: 's' });
  vi.spyOn(metrics, 'publishStoredMetrics').mockImplementation(() => {
    const { _aws, service, ...line } = metrics.serializeMetrics();
    lines.push(line);
    metrics.clearMetrics();
    metrics.clearDimensions();
    return metrics;
  });
  return new ScoreTally(metrics);
}

beforeEach(() => {
  lines.length = 0;
});

test('the first score is published at once, by model, by action and with the age of its features', () => {
  openTally().count(answer({ action: { type: 'discount', percent: 5 } }), START);
  expect(lines).toEqual([
    { FeatureAge: 2 },
    { model_version: 'v1', Scores: 1 },
    { action: 'discount', Decisions: 1 },
  ]);
});

test('those of the next ten seconds are published together', () => {
  const tally = openTally();
  tally.count(answer(), START);
  lines.length = 0;
  tally.count(answer({ model_version: 'v2' }), START + 1);
  tally.count(answer(), START + 9_999);
  expect(lines).toEqual([]);
  tally.count(answer({ features_as_of: null }), START + 10_000);
  expect(lines).toEqual([
    { FeatureAge: [2.001, 11.999] },
    { model_version: 'v2', Scores: 1 },
    { model_version: 'v1', Scores: 2 },
    { action: 'none', Decisions: 3 },
  ]);
});

test('no score is counted twice or lost, however many there are at once', () => {
  const tally = openTally();
  for (let n = 0; n < 1_001; n++) tally.count(answer(), START);
  expect(lines.reduce((sum, line) => sum + Number(line['Scores'] ?? 0), 0)).toBe(1_001);
  expect(lines.reduce((sum, line) => sum + [line['FeatureAge'] ?? []].flat().length, 0)).toBe(
    1_001,
  );
});

test('of features that are unknown, and of a clock behind, there is no negative age', () => {
  openTally().count(answer({ features_as_of: null }), START);
  openTally().count(answer({ features_as_of: new Date(START + 500).toISOString() }), START);
  expect(lines.flatMap((line) => line['FeatureAge'] ?? [])).toEqual([0]);
});

test('a line that is exactly full is published once, without a warning of an empty one', () => {
  const written = vi.fn();
  const metrics = new Metrics({ namespace: 'N', serviceName: 's' });
  vi.spyOn(metrics, 'publishStoredMetrics').mockImplementation(() => {
    written(metrics.hasStoredMetrics());
    metrics.clearMetrics();
    metrics.clearDimensions();
    return metrics;
  });
  const tally = new ScoreTally(metrics);
  tally.count(answer({ features_as_of: null }), START);
  for (let score = 0; score < 100; score++) tally.count(answer(), START + 1);
  expect(written.mock.calls.length).toBeGreaterThan(0);
  expect(written.mock.calls).not.toContainEqual([false]);
});
