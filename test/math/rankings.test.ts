import { expect, test } from 'vitest';
import { captureGini } from '../../shared/math/capture-gini.ts';
import { spearmanCorrelation } from '../../shared/math/spearman-correlation.ts';

test.each([
  ['Gini', () => captureGini([3, Number.NaN, 1], [1, 2, 3])()],
  ['Spearman', () => spearmanCorrelation([3, Number.NaN, 1], [1, 2, 3])()],
])('%s of a row that has no number is refused by its row', (_name, measure) => {
  expect(measure).toThrow('row 1 is no number');
});
