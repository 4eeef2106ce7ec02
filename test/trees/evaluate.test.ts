import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileForest, type ForestEvaluator } from '../../shared/trees/evaluate.ts';
import { type Forest, Missing } from '../../shared/trees/forest.ts';
import { arbitraryForest, arbitraryValue } from './arbitrary-forest.ts';

const FEATURES = 6;
const row = fc.array(arbitraryValue, { minLength: FEATURES, maxLength: FEATURES });
const precision = fc.constantFrom('float32', 'float64') as fc.Arbitrary<'float32' | 'float64'>;

describe('margins', () => {
  test('of every kernel are those of walking each tree by the definition', () => {
    fc.assert(
      fc.property(
        arbitraryForest(FEATURES, 8),
        fc.array(row, { minLength: 1, maxLength: 70 }),
        precision,
        (forest, rows, accumulate) => {
          const expected = rows.map((values) => marginByDefinition(forest, values, accumulate));
          for (const evaluator of evaluators(forest, accumulate)) {
            expect(rows.map(evaluator.margin)).toEqual(expected);
            const batch = new Float64Array(rows.length);
            evaluator.margins(Float64Array.from(rows.flat()), rows.length, batch);
            expect(Array.from(batch)).toEqual(expected);
          }
        },
      ),
    );
  });

  test.each([
    ['a deep chain', 300, (level: number) => level],
    ['more thresholds than a byte counts', 2_000, (level: number) => level % 7],
  ])('agree on %s', (_, depth, featureOf) => {
    const forest = chain(depth, featureOf);
    const rows = Float64Array.from({ length: 100 * forest.featureCount }, (_, cell) =>
      cell % 11 === 0 ? Number.NaN : ((cell * 7919) % (2 * depth)) - 5,
    );
    const [first, ...others] = evaluators(forest, 'float32').map((evaluator) => {
      const out = new Float32Array(100);
      evaluator.margins(rows, 100, out);
      return out;
    });
    expect(new Set(first).size).toBeGreaterThan(1);
    for (const other of others) expect(other).toEqual(first);
  });

  test('of a forest without trees are its base margin', () => {
    const empty = chain(0, () => 0);
    const forest = { ...empty, starts: Int32Array.of(0), ...withoutNodes() };
    for (const { margin } of evaluators(forest, 'float64')) expect(margin([1])).toBe(0.25);
  });

  test('under LightGBM rules in float32 come from plain code, by its own choice', () => {
    const forest: Forest = { ...chain(2, () => 0), rules: 'lightgbm' };
    expect(compileForest(forest, { accumulate: 'float32' }).kernel).toBe('typed-array');
    expect(compileForest(forest).kernel).toBe('wasm-simd');
  });
});

/** Every kernel that sums in this precision. */
function evaluators(forest: Forest, accumulate: 'float32' | 'float64'): readonly ForestEvaluator[] {
  const plain = compileForest(forest, { accumulate, kernel: 'typed-array' });
  const chosen = compileForest(forest, { accumulate });
  return chosen.kernel === 'typed-array' ? [plain] : [plain, chosen];
}

function marginByDefinition(
  forest: Forest,
  row: readonly number[],
  accumulate: 'float32' | 'float64',
): number {
  const rounded = accumulate === 'float32' ? Math.fround : (value: number) => value;
  const base = rounded(forest.baseMargin);
  const trees = forest.starts.length - 1;
  let sum = forest.averaged ? 0 : base;
  for (let tree = 0; tree < trees; tree++) {
    let node = forest.starts[tree] as number;
    while ((forest.feature[node] as number) >= 0)
      node = (goesLeft(forest, node, row) ? forest.left[node] : forest.right[node]) as number;
    sum = rounded(sum + rounded(forest.value[node] as number));
  }
  return forest.averaged ? sum / trees + base : sum;
}

function goesLeft(forest: Forest, node: number, row: readonly number[]): boolean {
  const value = row[forest.feature[node] as number] as number;
  const missingLeft = forest.missingLeft[node] === 1;
  const set = forest.categorySets[forest.categorySet[node] as number];
  const holds = (category: number) =>
    (((set as Uint32Array)[category >> 5] ?? 0) >>> (category & 31)) % 2 === 1;
  if (forest.rules === 'xgboost') {
    if (Number.isNaN(value)) return missingLeft;
    if (set !== undefined) return value < 0 || !holds(Math.trunc(value));
    return Math.fround(value) < (forest.threshold[node] as number);
  }
  if (set !== undefined) return !Number.isNaN(value) && value > -1 && holds(Math.trunc(value));
  const missing = forest.missing[node];
  const known = Number.isNaN(value) && missing !== Missing.nan ? 0 : value;
  const isZero = Math.abs(known) <= Math.fround(1e-35);
  if (Number.isNaN(known) || (missing === Missing.zero && isZero)) return missingLeft;
  return known <= (forest.threshold[node] as number);
}

/** A tree in which each split has one leaf, `depth` levels deep. */
function chain(depth: number, featureOf: (level: number) => number): Forest {
  const nodes = 2 * depth + 1;
  const splits = Array.from({ length: depth }, (_, level) => level);
  const column = (fill: number, at: (level: number) => number) => {
    const numbers = new Float64Array(nodes).fill(fill);
    for (const level of splits) numbers[2 * level] = at(level);
    return numbers;
  };
  return {
    objective: 'reg:squarederror',
    rules: 'xgboost',
    featureCount: Math.max(1, ...splits.slice(0, 400).map((level) => featureOf(level) + 1)),
    featureNames: null,
    baseMargin: 0.25,
    averaged: false,
    starts: Int32Array.of(0, nodes),
    feature: Int32Array.from(column(-1, featureOf)),
    threshold: column(0, (level) => level),
    left: Int32Array.from(column(-1, (level) => 2 * level + 1)),
    right: Int32Array.from(column(-1, (level) => 2 * level + 2)),
    missingLeft: Uint8Array.from(column(0, (level) => level % 2)),
    missing: new Uint8Array(nodes).fill(Missing.nan),
    categorySet: new Int32Array(nodes).fill(-1),
    categorySets: [],
    value: Float64Array.from({ length: nodes }, (_, node) => (node % 2 === 1 ? node : 0)),
    cover: new Float64Array(nodes),
    gain: new Float64Array(nodes),
  };
}

function withoutNodes() {
  return {
    feature: new Int32Array(0),
    threshold: new Float64Array(0),
    left: new Int32Array(0),
    right: new Int32Array(0),
    missingLeft: new Uint8Array(0),
    missing: new Uint8Array(0),
    categorySet: new Int32Array(0),
    value: new Float64Array(0),
    cover: new Float64Array(0),
    gain: new Float64Array(0),
  };
}
