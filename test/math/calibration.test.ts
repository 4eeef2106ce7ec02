import { expect, test } from 'vitest';
import { calibrationSlope } from '../../shared/math/calibration-slope.ts';
import { expectedCalibrationError } from '../../shared/math/expected-calibration-error.ts';
import { plattScaling } from '../../shared/math/platt-scaling.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { expectClose, goldenCases } from './vectors.ts';

goldenCases<
  { y: number[]; p: number[]; bins: number },
  { ece: number; logisticRecalibration?: { intercept: number; slope: number } }
>('calibration_ece.json', ({ y, p, bins }, expected, tolerance) => {
  expectClose(expectedCalibrationError(p, y, undefined, bins), expected.ece, tolerance);
  if (expected.logisticRecalibration) {
    const fit = calibrationSlope(p, y);
    const bound = { abs: tolerance['logisticRecalibration'] as number };
    expectClose(fit?.slope, expected.logisticRecalibration.slope, bound);
    expectClose(fit?.intercept, expected.logisticRecalibration.intercept, bound);
  }
});

goldenCases<
  { scores: number[]; y: number[]; query: number[] },
  { A: number; B: number; predictions: number[] }
>('platt_temperature.json', ({ scores, y, query }, expected, tolerance) => {
  const { a, b } = plattScaling(scores, y);
  expectClose(a, expected.A, tolerance);
  expectClose(b, expected.B, tolerance);
  for (const [index, score] of query.entries())
    expectClose(sigmoid(-(a * score + b)), expected.predictions[index] as number, tolerance);
});

test('weights of a calibration equal copies of its rows', () => {
  const scores = [-2, -1, 0, 0.5, 1, 2];
  const labels = [0, 0, 1, 0, 1, 1];
  const weights = [3, 1, 2, 1, 1, 2];
  const copies = weights.flatMap((weight, row) => Array.from({ length: weight }, () => row));
  const weighted = plattScaling(scores, labels, weights);
  const repeated = plattScaling(
    copies.map((row) => scores[row] as number),
    copies.map((row) => labels[row] as number),
  );
  expectClose(weighted.a, repeated.a, { abs: 1e-9 });
  expectClose(weighted.b, repeated.b, { abs: 1e-9 });
});

test('one class has no calibration slope', () => {
  expect(calibrationSlope([0.2, 0.4], [1, 1])).toBeNull();
});
