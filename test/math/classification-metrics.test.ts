import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { averagePrecision } from '../../shared/math/average-precision.ts';
import { brierScore } from '../../shared/math/brier-score.ts';
import { logLoss } from '../../shared/math/log-loss.ts';
import { rocAuc } from '../../shared/math/roc-auc.ts';
import { expectClose } from './close.ts';

const rows = fc.array(
  fc.record({
    score: fc.integer({ min: 0, max: 6 }).map((step) => step / 6),
    label: fc.constantFrom(0, 1),
    weight: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 40 },
);

describe.each([
  ['rocAuc', rocAuc],
  ['averagePrecision', averagePrecision],
  ['logLoss', logLoss],
  ['brierScore', brierScore],
] as const)('%s', (_, metric) => {
  test('an integer weight equals that many copies of the row', () => {
    fc.assert(
      fc.property(rows, (sample) => {
        const copies = sample.flatMap((row) => Array.from({ length: row.weight }, () => row));
        const weighted = metric(
          sample.map((row) => row.score),
          sample.map((row) => row.label),
          sample.map((row) => row.weight),
        );
        const repeated = metric(
          copies.map((row) => row.score),
          copies.map((row) => row.label),
        );
        expectClose(weighted, repeated, { abs: 1e-12 });
      }),
    );
  });
});

test('rocAuc equals the share of ordered pairs, ties counting half', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      let pairs = 0;
      let won = 0;
      for (const positive of sample.filter((row) => row.label === 1))
        for (const negative of sample.filter((row) => row.label === 0)) {
          const pair = positive.weight * negative.weight;
          pairs += pair;
          if (positive.score > negative.score) won += pair;
          else if (positive.score === negative.score) won += pair / 2;
        }
      const auc = rocAuc(
        sample.map((row) => row.score),
        sample.map((row) => row.label),
        sample.map((row) => row.weight),
      );
      expectClose(auc, pairs > 0 ? won / pairs : null, { abs: 1e-12 });
    }),
  );
});

test('no weight at all is undefined, not zero', () => {
  expect(logLoss([0.5], [1], [0])).toBeNull();
  expect(brierScore([0.5], [1], [0])).toBeNull();
});
