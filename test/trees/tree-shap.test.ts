import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Forest, Missing } from '../../shared/trees/forest.ts';
import { compileExplainer } from '../../shared/trees/tree-shap.ts';
import { arbitraryForest, arbitraryValue } from './arbitrary-forest.ts';

const FEATURES = 5;
const forests = arbitraryForest(FEATURES, 6);
const rows = fc.array(arbitraryValue, { minLength: FEATURES, maxLength: FEATURES });

describe('compileExplainer', () => {
  test('equals the Shapley values by definition: all subsets of the features', () => {
    fc.assert(
      fc.property(forests, rows, (forest, row) => {
        const explainer = compileExplainer(forest);
        const out = new Float64Array(FEATURES);
        explainer.contributions(row, out);
        const expected = shapleyValues(forest, row);
        expect(explainer.bias).toBeCloseTo(expectedMargin(forest, row, 0), 10);
        for (const [feature, value] of out.entries())
          expect(value).toBeCloseTo(expected[feature] as number, 10);
      }),
      { numRuns: 300 },
    );
  });

  test('contributions and bias sum to the margin', () => {
    fc.assert(
      fc.property(
        arbitraryForest(40, 9),
        fc.array(arbitraryValue, { minLength: 40 }),
        (forest, row) => {
          const explainer = compileExplainer(forest);
          const out = new Float64Array(40);
          explainer.contributions(row, out);
          const margin = expectedMargin(forest, row, -1);
          expect(out.reduce((sum, value) => sum + value, explainer.bias)).toBeCloseTo(margin, 10);
        },
      ),
    );
  });

  test('a batch gives the bits that single rows give', () => {
    fc.assert(
      fc.property(forests, fc.array(rows, { minLength: 1, maxLength: 150 }), (forest, table) => {
        const explainer = compileExplainer(forest);
        const batch = new Float64Array(table.length * FEATURES);
        explainer.batch(table.flat(), table.length, batch);
        const single = new Float64Array(FEATURES);
        for (const [index, row] of table.entries()) {
          explainer.contributions(row, single);
          expect(batch.subarray(index * FEATURES, (index + 1) * FEATURES)).toEqual(single);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('both kernels give the same bits', () => {
    const deep = arbitraryForest(40, 9);
    const row = fc.array(arbitraryValue, { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(deep, row, (forest, values) => {
        const [simd, scalar] = [new Float64Array(40), new Float64Array(40)];
        compileExplainer(forest, 'simd').contributions(values, simd);
        compileExplainer(forest, 'scalar').contributions(values, scalar);
        expect(simd).toEqual(scalar);
      }),
    );
  });

  test('a tree of 60 levels, one feature each, loses no digits', () => {
    // A chain: feature k sends the row on to level k + 1 or to a leaf of value k.
    const chain = chainForest(60);
    const explainer = compileExplainer(chain);
    expect(explainer.points).toBe(30);
    const out = new Float64Array(60);
    explainer.contributions(new Float64Array(60).fill(1), out);
    const sum = out.reduce((total, value) => total + value, explainer.bias);
    expect(sum).toBeCloseTo(60, 11);
    // Whoever knows one level more expects to get further: no feature takes anything away.
    expect(Math.min(...out)).toBeGreaterThan(0);
  });

  test('a forest of single leaves explains nothing and knows its bias', () => {
    const leaf = chainForest(0);
    const explainer = compileExplainer({ ...leaf, featureCount: 2, baseMargin: 0.25 });
    const out = new Float64Array(2).fill(7);
    explainer.contributions([1, 2], out);
    expect([...out]).toEqual([0, 0]);
    expect(explainer.bias).toBe(0.25);
  });
});

/** Shapley's formula over all subsets, by the conditional expectation that the path defines. */
function shapleyValues(forest: Forest, row: readonly number[]): number[] {
  const n = forest.featureCount;
  const margins = Array.from({ length: 2 ** n }, (_, known) => expectedMargin(forest, row, known));
  const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
  return Array.from({ length: n }, (_, feature) => {
    let value = 0;
    for (let known = 0; known < 2 ** n; known++) {
      if ((known >> feature) & 1) continue;
      const size = known.toString(2).replaceAll('0', '').length;
      const weight = (factorial(size) * factorial(n - size - 1)) / factorial(n);
      value += weight * ((margins[known | (1 << feature)] as number) - (margins[known] as number));
    }
    return value;
  });
}

/** The margin where the features of the bit set `known` are known; −1 for all of them. */
function expectedMargin(forest: Forest, row: readonly number[], known: number): number {
  const below = (node: number): number => {
    const feature = forest.feature[node] as number;
    if (feature < 0) return forest.value[node] as number;
    const left = forest.left[node] as number;
    const right = forest.right[node] as number;
    if (known === -1 || (known >> feature) & 1)
      return below(goesLeft(forest, node, row[feature] as number) ? left : right);
    const cover = forest.cover[node] as number;
    const share = (child: number) => (cover === 0 ? 0.5 : (forest.cover[child] as number) / cover);
    return share(left) * below(left) + share(right) * below(right);
  };
  const roots = [...forest.starts.subarray(0, -1)];
  const sum = roots.reduce((total, root) => total + below(root), 0);
  return forest.baseMargin + (forest.averaged ? sum / roots.length : sum);
}

function goesLeft(forest: Forest, node: number, given: number): boolean {
  const value = forest.rules === 'xgboost' ? Math.fround(given) : given;
  const threshold = forest.threshold[node] as number;
  const set = forest.categorySets[forest.categorySet[node] as number];
  if (set !== undefined) {
    if (Number.isNaN(value)) return forest.missingLeft[node] === 1;
    const category = Math.trunc(value);
    const inSet = category >= 0 && (((set[category >> 5] ?? 0) >> (category & 31)) & 1) === 1;
    return inSet === (forest.rules === 'lightgbm');
  }
  const isZero = Math.abs(value) <= 1e-35;
  const missing =
    forest.missing[node] === Missing.zero
      ? isZero || Number.isNaN(value)
      : forest.missing[node] === Missing.nan && Number.isNaN(value);
  if (missing) return forest.missingLeft[node] === 1;
  const read = Number.isNaN(value) ? 0 : value;
  return forest.rules === 'xgboost' ? read < threshold : read <= threshold;
}

function chainForest(levels: number): Forest {
  const nodes = 2 * levels + 1;
  // Split k stands at 2k, its leaf at 2k + 1; the last leaf at 2 · levels.
  const isSplit = (node: number) => node % 2 === 0 && node < 2 * levels;
  const of = (value: (node: number) => number) =>
    Array.from({ length: nodes }, (_, node) => value(node));
  return {
    objective: 'reg:squarederror',
    rules: 'xgboost',
    featureCount: levels,
    featureNames: null,
    baseMargin: 0,
    averaged: false,
    starts: Int32Array.of(0, nodes),
    feature: Int32Array.from(of((node) => (isSplit(node) ? node / 2 : -1))),
    threshold: new Float64Array(nodes).fill(0.5),
    left: Int32Array.from(of((node) => (isSplit(node) ? node + 1 : 0))),
    right: Int32Array.from(of((node) => (isSplit(node) ? node + 2 : 0))),
    missingLeft: new Uint8Array(nodes),
    missing: new Uint8Array(nodes).fill(Missing.nan),
    categorySet: new Int32Array(nodes).fill(-1),
    categorySets: [],
    value: Float64Array.from(of((node) => (isSplit(node) ? 0 : Math.floor(node / 2)))),
    cover: Float64Array.from(of((node) => (node % 2 === 1 ? 1 : levels + 1 - node / 2))),
    gain: new Float64Array(nodes),
  };
}
