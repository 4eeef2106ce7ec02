import { beforeEach, describe, expect, test } from 'vitest';
import { EndpointBackend } from '../../shared/domain/endpoint-backend.ts';
import type { ScoringModel } from '../../shared/domain/registered-model.ts';
import { EndpointThrottled } from '../../shared/errors.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';

/** What the backend asks of a model: here one of one column, its calibration a shift. */
const model = {
  version: '2026-11-21-0123456789ab',
  row: ([value]: readonly unknown[]) => Float32Array.of(value as number),
  calibrated: (margin: number) => sigmoid(margin + 1),
  score: () => ({ margin: -2, probability: 0.1 }),
} as unknown as ScoringModel;
const rule = { ...model, row: () => null } as ScoringModel;

const fromProcess = { margin: -2, probability: 0.1 };
let now: number;
let asked: { version: string; rows: readonly Float32Array[] }[];
let reports: Error[];
let fallbacks: number;
let answer: (signal?: AbortSignal) => Promise<readonly number[]>;
let endEndpoint: AbortController;

function backend(): EndpointBackend {
  return new EndpointBackend({
    endpoint: {
      predict: (version, rows, signal) => {
        asked.push({ version, rows });
        return answer(signal);
      },
    },
    clock: { now: () => now },
    rules: { failures: 2, openMs: 1000 },
    deadline: () => ({ signal: endEndpoint.signal, done: () => {} }),
    report: (_failure, error) => reports.push(error),
    fellBack: () => fallbacks++,
  });
}

beforeEach(() => {
  now = 0;
  asked = [];
  reports = [];
  fallbacks = 0;
  answer = async () => [0.5];
  endEndpoint = new AbortController();
});

test('asks for the version of the model with its row, and calibrates the log-odds', async () => {
  answer = async () => [0.8];
  const scored = await backend().score(model, [3.5]);
  expect(asked).toEqual([{ version: model.version, rows: [Float32Array.of(3.5)] }]);
  expect(scored.margin).toBeCloseTo(Math.log(4), 12);
  expect(scored.probability).toBeCloseTo(sigmoid(Math.log(4) + 1), 12);
  expect(scored.scoredBy).toBe('endpoint');
  expect(fallbacks).toBe(0);
});

test('scores in the process what is no forest, and does not ask', async () => {
  expect(await backend().score(rule, [1])).toEqual({ ...fromProcess, scoredBy: 'process' });
  expect(asked).toEqual([]);
  expect(fallbacks).toBe(0);
});

test.each([0, 1])('a probability rounded to %d has a finite margin', async (probability) => {
  answer = async () => [probability];
  const { margin } = await backend().score(model, [1]);
  expect(Number.isFinite(margin)).toBe(true);
  expect(Math.sign(margin)).toBe(probability === 1 ? 1 : -1);
  expect(Math.abs(margin)).toBeGreaterThan(16);
});

describe('falls back to the same version in the process, and says so', () => {
  test.each<[string, typeof answer, string]>([
    ['a failure', () => Promise.reject(new EndpointThrottled('slow down')), 'EndpointThrottled'],
    ['a margin for a probability', async () => [1.7], 'MalformedPrediction'],
    ['a negative probability', async () => [-0.1], 'MalformedPrediction'],
    ['no number', async () => [Number.NaN], 'MalformedPrediction'],
  ])('on %s', async (_case, given, name) => {
    answer = given;
    expect(await backend().score(model, [1])).toEqual({ ...fromProcess, scoredBy: 'fallback' });
    expect(reports).toMatchObject([{ name }]);
    expect(fallbacks).toBe(1);
  });

  test('when its time is up, also where the endpoint does not heed the signal', async () => {
    answer = () => new Promise(() => {});
    const pending = backend().score(model, [1]);
    endEndpoint.abort();
    expect(await pending).toEqual({ ...fromProcess, scoredBy: 'fallback' });
    expect(reports).toMatchObject([{ name: 'DeadlineExceeded' }]);
  });

  test('without asking while the circuit is open, and asks once when it may be up again', async () => {
    const scorer = backend();
    answer = () => Promise.reject(new Error('down'));
    for (let call = 0; call < 5; call++) {
      expect((await scorer.score(model, [1])).scoredBy).toBe('fallback');
    }
    expect(asked).toHaveLength(2);
    expect(fallbacks).toBe(5);
    now = 1000;
    answer = async () => [0.5];
    const probes = await Promise.all([scorer.score(model, [1]), scorer.score(model, [1])]);
    expect(probes.map(({ scoredBy }) => scoredBy)).toEqual(['endpoint', 'fallback']);
    expect((await scorer.score(model, [1])).scoredBy).toBe('endpoint');
    expect(reports).toHaveLength(2);
  });
});
