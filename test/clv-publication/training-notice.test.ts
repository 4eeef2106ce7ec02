import { expect, test } from 'vitest';
import {
  clvFailureNotice,
  clvRegisteredNotice,
} from '../../shared/domain/clv-training-run/notice.ts';
import type {
  ClvTrainingPlan,
  ClvTrainingVerdict,
} from '../../shared/domain/clv-training-run/training-plan.ts';
import { clvTrainingStart } from '../../shared/domain/clv-training-run/training-start.ts';

const plan: ClvTrainingPlan = {
  run_id: 'clv-training-2026-02-01',
  date: '2026-02-01',
  horizon_days: 90,
  ...{ chunks: 1, parts: 4, most_customers: 25_000, seed: 1 },
  why: 'by its schedule',
  champion: null,
  code_version: '1.0.0',
  began_at: '2026-02-01T05:00:00.000Z',
};
const verdict: ClvTrainingVerdict = {
  ...{ version: 'v1', status: 'candidate', blocking: [], champion: 'ensemble' },
  ...{ customers: 500, base: 500, gini: 0.8123, spearman: null },
};

test('a candidate is told quietly, with how to promote it', () => {
  expect(clvRegisteredNotice(plan, verdict)).toEqual({
    severity: 'low',
    subject: 'clv v1 is a candidate',
    body: `Run clv-training-2026-02-01 (by its schedule) registered clv v1 (ensemble), learned from 500 customers, 90 days ahead. On later days: Gini 0.812, Spearman not known.

Customers are valued by the version that serves until another is promoted.
  foresight models card clv v1
  foresight models promote clv v1
`,
  });
});

test('what could not be measured is told', () => {
  expect(clvRegisteredNotice(plan, { ...verdict, gini: null }).body).toContain(
    'History is too short to measure it.',
  );
});

test.each([
  ['NotEnoughData', '{"errorMessage":"3 customers"}', /3 customers\n\nImport orders/],
  ['States.Timeout', '', /fewer most_customers/],
  ['RangeError', 'x', /See the function's log, mend the cause and redrive/],
])('%s is told with what to do', (name, cause, words) => {
  const { severity, body } = clvFailureNotice(null, { Error: name, Cause: cause });
  expect(severity).toBe('medium');
  expect(body).toMatch(new RegExp(`^A run ended with ${name}`));
  expect(body).toMatch(words);
});

test.each([
  ['Scheduled Event', 'clv-training-2026-02-01'],
  ['ClvPerformanceDropped', 'clv-training-2026-02-01-drop'],
])('an event of type %s starts %s', (type, name) => {
  const start = clvTrainingStart({ time: '2026-02-01T05:00:03Z', 'detail-type': type });
  expect(start.name).toBe(name);
  expect(JSON.parse(start.input)).toMatchObject({ date: '2026-02-01' });
});
