import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  minMaxScaling,
  robustScaling,
  scaled,
  standardScaling,
} from '../../shared/math/column-scaling.ts';
import { medianImputation } from '../../shared/math/median-imputation.ts';
import { moments } from '../../shared/math/moments.ts';
import { oneHot, oneHotCategories } from '../../shared/math/one-hot.ts';
import { quantile } from '../../shared/math/quantile.ts';
import { targetEncoding } from '../../shared/math/target-encoding.ts';
import { expectClose } from './close.ts';

const column = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 40 });

describe('a scaled column', () => {
  const scaledBy = (values: readonly number[], scalingOf: typeof standardScaling) => {
    const scaling = scalingOf(values);
    return Float64Array.from(values, (value) => scaled(value, scaling)).sort();
  };
  const varies = (values: readonly number[]) => new Set(values).size > 1;

  test('has mean 0 and variance 1', () => {
    fc.assert(
      fc.property(column, (values) => {
        const { mean, variance } = moments(scaledBy(values, standardScaling));
        expectClose(mean, 0, { abs: 1e-9 });
        expectClose(variance, varies(values) ? 1 : 0, { abs: 1e-9 });
      }),
    );
  });

  test('reaches from 0 to 1', () => {
    fc.assert(
      fc.property(column, (values) => {
        const sorted = scaledBy(values, minMaxScaling);
        expect([sorted[0], sorted.at(-1)]).toEqual([0, varies(values) ? 1 : 0]);
      }),
    );
  });

  test('has median 0 and an interquartile range of 1 or none', () => {
    fc.assert(
      fc.property(column, (values) => {
        const sorted = scaledBy(values, robustScaling);
        expectClose(quantile(sorted, 0.5), 0, { abs: 1e-9 });
        const range = quantile(sorted, 0.75) - quantile(sorted, 0.25);
        expectClose(range, range === 0 ? 0 : 1, { abs: 1e-9 });
      }),
    );
  });
});

test('moments of shifted values are shifted in the mean alone', () => {
  fc.assert(
    fc.property(column, (values) => {
      const [here, there] = [moments(values), moments(values.map((value) => value + 5000))];
      expectClose(there.mean, here.mean + 5000, { rel: 1e-12 });
      expectClose(there.variance, here.variance, { abs: 1e-6, rel: 1e-9 });
      expectClose(there.skewness, here.skewness, { abs: 1e-6 });
    }),
  );
});

test('moments that do not exist are null', () => {
  expect(moments([3])).toEqual({
    mean: 3,
    variance: 0,
    sampleVariance: null,
    skewness: null,
    excessKurtosis: null,
  });
});

test('categories sort by code point, not by UTF-16 unit', () => {
  // U+FF5E is one unit above the surrogates that U+1F600 begins with.
  expect(oneHotCategories(['😀', '～', 'b', 'ab', 'a', 'b'])).toEqual(['a', 'ab', 'b', '～', '😀']);
  expect(oneHot('b', ['a', 'b'])).toEqual([0, 1]);
  expect(oneHot('c', ['a', 'b'])).toEqual([0, 0]);
});

test('imputed values keep the known ones and their median', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer()), { minLength: 1 }), (values) => {
      fc.pre(values.some((value) => value !== null));
      const { median, imputed, missing } = medianImputation(values) ?? expect.unreachable();
      expectClose(quantile(Float64Array.from(imputed).sort(), 0.5), median, { rel: 1e-12 });
      for (const [row, value] of values.entries()) {
        expect(imputed[row]).toBe(value ?? median);
        expect(missing[row]).toBe(value === null ? 1 : 0);
      }
    }),
  );
  expect(medianImputation([null, null])).toBeNull();
});

test('an encoded category lies between its own mean and that of all, nearer with more rows', () => {
  const categories = ['a', 'a', 'a', 'a', 'b'];
  const targets = [1, 1, 1, 1, 0];
  const own = targetEncoding(categories, targets, 0);
  expect([own.prior, ...own.encoding]).toEqual([0.8, ['a', 1], ['b', 0]]);
  const { encoding } = targetEncoding(categories, targets, 4);
  expectClose(encoding.get('a'), (4 + 4 * 0.8) / 8, { abs: 1e-12 });
  expectClose(encoding.get('b'), (4 * 0.8) / 5, { abs: 1e-12 });
});
