import { expect, test } from 'vitest';
import type { Forest } from '../../shared/trees/forest.ts';
import { trainForest } from '../../shared/trees/train.ts';
import { writeXgboostJson } from '../../shared/trees/write-xgboost-json.ts';
import { readXgboostJson } from '../../shared/trees/xgboost-json.ts';
import { trainingRows } from './training-rows.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

test.each(['binary:logistic', 'reg:squarederror', 'reg:tweedie', 'count:poisson'] as const)(
  '%s: the file read back is the forest',
  async (objective) => {
    const { forest } = await trainForest(trainingRows(600), { objective, trees: 5 });
    expect(forest.categorySets.length).toBeGreaterThan(0);
    const { baseMargin, categorySets, ...read } = readXgboostJson(
      bytesOf(writeXgboostJson(forest)),
    );
    const { baseMargin: ownMargin, categorySets: ownSets, ...own } = forest;
    expect(read).toEqual(own);
    expect(baseMargin).toBeCloseTo(ownMargin, 14);
    expect(categorySets.map(numbersIn)).toEqual(ownSets.map(numbersIn));
  },
);

function numbersIn(set: Uint32Array): number[] {
  return Array.from({ length: 32 * set.length }, (_, number) => number).filter(
    (number) => ((set[number >> 5] as number) >>> (number & 31)) & 1,
  );
}

test('float32 values survive in their fewest digits', () => {
  const values = [0.1, 1 / 3, 16_777_215, 1e-40, -3.4028234663852886e38, 0].map(Math.fround);
  const forest = leaves(values);
  const text = writeXgboostJson(forest);
  expect(text).toContain('1E-1');
  expect([...readXgboostJson(bytesOf(text)).value]).toEqual(values);
});

test('a forest of LightGBM’s rules is refused', () => {
  expect(() => writeXgboostJson({ ...leaves([1]), rules: 'lightgbm' })).toThrow(/LightGBM/);
  expect(() => writeXgboostJson({ ...leaves([1]), averaged: true })).toThrow(/LightGBM/);
});

/** One leaf a tree. */
function leaves(values: readonly number[]): Forest {
  const none = new Int32Array(values.length).fill(-1);
  const zeros = new Float64Array(values.length);
  return {
    objective: 'reg:squarederror',
    rules: 'xgboost',
    featureCount: 1,
    featureNames: null,
    baseMargin: 0,
    averaged: false,
    starts: Int32Array.from([0, ...values.keys()].map((_, index) => index)),
    feature: none,
    threshold: zeros,
    left: none,
    right: none,
    missingLeft: new Uint8Array(values.length),
    missing: new Uint8Array(values.length).fill(2),
    categorySet: none,
    categorySets: [],
    value: Float64Array.from(values),
    cover: zeros,
    gain: zeros,
  };
}
