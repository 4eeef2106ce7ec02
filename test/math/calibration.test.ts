import { expect, test } from 'vitest';
import { calibrationSlope } from '../../shared/math/calibration-slope.ts';
import { plattScaling } from '../../shared/math/platt-scaling.ts';
import { expectClose } from './close.ts';

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
