import fc from 'fast-check';
import { expect, test } from 'vitest';
import { brierDecomposition } from '../../shared/math/brier-decomposition.ts';
import { brierScore } from '../../shared/math/brier-score.ts';
import { calibrationInTheLarge } from '../../shared/math/calibration-in-the-large.ts';
import {
  calibrationErrors,
  expectedCalibrationError,
} from '../../shared/math/expected-calibration-error.ts';
import { equalFrequencyBins, equalWidthBins } from '../../shared/math/reliability-bins.ts';
import { spiegelhalterZ } from '../../shared/math/spiegelhalter-z.ts';
import { temperatureScaling } from '../../shared/math/temperature-scaling.ts';
import { expectClose } from './close.ts';

/** Probabilities at the middles of ten bins, so that a bin has one of them. */
const rows = fc.array(
  fc.record({
    probability: fc.integer({ min: 0, max: 9 }).map((bin) => (bin + 0.5) / 10),
    label: fc.constantFrom(0, 1),
  }),
  { minLength: 1, maxLength: 60 },
);
const columns = (sample: readonly { probability: number; label: number }[]) =>
  [sample.map(({ probability }) => probability), sample.map(({ label }) => label)] as const;

test('the parts of the Brier score add up to it where a bin has one probability', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const [probabilities, labels] = columns(sample);
      const parts = brierDecomposition(equalWidthBins(probabilities, labels));
      const sum = parts ? parts.reliability - parts.resolution + parts.uncertainty : null;
      expectClose(sum, brierScore(probabilities, labels), { abs: 1e-12 });
    }),
  );
});

test('the error in the large is at most the expected error, and that at most the maximum', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const [probabilities, labels] = columns(sample);
      const expected = expectedCalibrationError(probabilities, labels) as number;
      const { maximum } = calibrationErrors(equalWidthBins(probabilities, labels)) ?? {};
      const large = Math.abs(calibrationInTheLarge(probabilities, labels) as number);
      expect(large).toBeLessThanOrEqual(expected + 1e-12);
      expect(expected).toBeLessThanOrEqual((maximum as number) + 1e-12);
    }),
  );
});

test('bins of equal frequency hold all rows, none two more than another, in order', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 12 }), (sample, bins) => {
      const [probabilities, labels] = columns(sample);
      const filled = equalFrequencyBins(probabilities, labels, bins);
      const sizes = filled.map(({ weight }) => weight);
      expect(filled).toHaveLength(bins);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(sample.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      const means = filled.map((bin) => bin.meanPredicted).filter((mean) => mean !== null);
      for (const [bin, mean] of means.slice(1).entries())
        expect(mean).toBeGreaterThanOrEqual((means[bin] as number) - 1e-12);
    }),
  );
});

test('scores k times as sure need k times the temperature', () => {
  const scores = [-2, -1, 0.5, 1, 2, -0.5, 3];
  const labels = [0, 1, 0, 1, 1, 0, 1];
  const once = temperatureScaling(scores, labels) as number;
  for (const factor of [0.01, 3, 250])
    expectClose(
      temperatureScaling(
        scores.map((score) => factor * score),
        labels,
      ),
      factor * once,
      { rel: 1e-9 },
    );
});

test.each([
  ['part the classes', [-1, 2], [0, 1]],
  ['say the contrary', [1, -2], [0, 1]],
  ['say nothing', [0, 0], [0, 1]],
])('scores that %s have no temperature', (_, scores, labels) => {
  expect(temperatureScaling(scores, labels)).toBeNull();
});

test('no rows have no calibration, certainty no variance', () => {
  expect(calibrationErrors(equalWidthBins([], []))).toBeNull();
  expect(brierDecomposition(equalWidthBins([], []))).toBeNull();
  expect(calibrationInTheLarge([], [])).toBeNull();
  expect(spiegelhalterZ([0, 0.5, 1], [0, 1, 1])).toBeNull();
});
