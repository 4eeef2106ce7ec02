import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimalText } from '../../shared/domain/sagemaker/decimal-text.ts';
import {
  readCsvChannel,
  readLibsvmChannel,
  writeCsvChannel,
  writeLibsvmChannel,
} from '../../shared/domain/sagemaker/training-channel.ts';
import type { TrainingData } from '../../shared/trees/train.ts';

const float32 = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const cell = fc.oneof({ weight: 4, arbitrary: float32 }, fc.constant(Number.NaN));

/** Rows whose first and last column have a value, as both forms need. */
const rows: fc.Arbitrary<TrainingData> = fc
  .record({ count: fc.integer({ min: 1, max: 9 }), width: fc.integer({ min: 1, max: 5 }) })
  .chain(({ count, width }) =>
    fc.record({
      cells: fc.array(fc.array(cell, { minLength: count, maxLength: count }), {
        minLength: width,
        maxLength: width,
      }),
      ends: fc.tuple(float32, float32),
      labels: fc.array(float32, { minLength: count, maxLength: count }),
      weights: fc.option(
        fc.array(fc.float({ min: 0.125, max: 9, noNaN: true }), {
          minLength: count,
          maxLength: count,
        }),
      ),
    }),
  )
  .map(({ cells, ends, labels, weights }) => {
    const columns = cells.map((values) => Float32Array.from(values));
    (columns[0] as Float32Array)[0] = ends[0];
    (columns.at(-1) as Float32Array)[0] = ends[1];
    return {
      columns,
      labels: Float32Array.from(labels),
      ...(weights === null ? {} : { weights: Float32Array.from(weights) }),
      featureNames: columns.map((_, index) => `f${index}`),
    };
  });

test('a float32 is written without exponent and read back to its bits', () => {
  fc.assert(
    fc.property(float32, (value) => {
      const text = decimalText(value);
      expect(text).toMatch(/^-?\d+(\.\d+)?$/);
      expect(Math.fround(Number(text))).toBe(value);
    }),
  );
});

test('CSV: what is read is what was written', () => {
  fc.assert(
    fc.property(rows, (data) => {
      expect(readCsvChannel([writeCsvChannel(data)], data.weights !== undefined)).toEqual(data);
    }),
  );
});

test('LIBSVM: what is read is what was written', () => {
  fc.assert(
    fc.property(rows, (data) => {
      expect(readLibsvmChannel([writeLibsvmChannel(data)])).toEqual(data);
    }),
  );
});

const small: TrainingData = {
  columns: [Float32Array.of(0.5, Number.NaN), Float32Array.of(0, -3)],
  labels: Float32Array.of(1, 0),
  weights: Float32Array.of(2, 1),
  featureNames: ['a', 'b'],
};

test('no header, label, weight, features, nothing for missing; all parts of a channel', () => {
  expect(writeCsvChannel(small)).toBe('1,2,0.5,0\n0,1,,-3\n');
  expect(writeLibsvmChannel(small)).toBe('1:2 0:0.5 1:0\n0:1 1:-3\n');
  expect(readCsvChannel(['1,2,0.5,0\r\n', '0,1,,-3'], true)).toEqual({
    ...small,
    featureNames: ['f0', 'f1'],
  });
  expect(readLibsvmChannel(['1 1:5 2:6\n']).columns).toEqual([
    Float32Array.of(5),
    Float32Array.of(6),
  ]);
});

describe('refused', () => {
  const nothing = Float32Array.of(Number.NaN, Number.NaN);
  const [a, b] = small.columns as [Float32Array, Float32Array];
  test.each<[string, () => unknown, string]>([
    [
      'an empty last column',
      () => writeCsvChannel({ ...small, columns: [a, nothing] }),
      'b, the last',
    ],
    [
      'an empty first column',
      () => writeLibsvmChannel({ ...small, columns: [nothing, b] }),
      'a has no value',
    ],
    [
      'categories',
      () => writeCsvChannel({ ...small, categorical: [false, true] }),
      'b is categorical',
    ],
    [
      'infinity',
      () => writeCsvChannel({ ...small, labels: Float32Array.of(1, Infinity) }),
      'labels, row 1',
    ],
    ['a header', () => readCsvChannel(['label,a\n1,2\n'], false), 'must not be a header'],
    ['no label', () => readCsvChannel(['1,2\n,3\n'], false), 'row 1, column 0 is empty'],
    ['no LIBSVM', () => readLibsvmChannel(['1 2 3\n']), 'index:value'],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(
      expect.objectContaining({
        name: 'InvalidRequest',
        message: expect.stringContaining(message),
      }),
    );
  });

  test.each([
    ['no rows', () => readCsvChannel(['\n'], false)],
    ['no features', () => readCsvChannel(['1,1\n'], true)],
    [
      'no rows to write',
      () => writeCsvChannel({ ...small, columns: [], labels: Float32Array.of() }),
    ],
  ])('%s', (_, call) => {
    expect(call).toThrow(expect.objectContaining({ name: 'NotEnoughData' }));
  });
});
