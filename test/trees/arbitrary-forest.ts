import fc from 'fast-check';
import { type Forest, Missing, type Rules } from '../../shared/trees/forest.ts';

type Node =
  | { readonly leaf: number; readonly cover: number }
  | {
      readonly feature: number;
      readonly threshold: number;
      readonly missingLeft: boolean;
      readonly missing: number;
      /** Null for a numeric split. */
      readonly categories: readonly number[] | null;
      readonly left: Node;
      readonly right: Node;
    };

/** Few, so that rows often meet a threshold exactly and categories often match. */
const VALUES = [-2, -1, -0.5, 0, 1e-36, 0.5, 1, 2, 3, 40];

/** A value of a row, of any kind that a split must decide on. */
export const arbitraryValue = fc.constantFrom(...VALUES, Number.NaN);

/** Forests of up to `depth` levels in which paths often repeat a feature. */
export function arbitraryForest(featureCount: number, depth: number): fc.Arbitrary<Forest> {
  const leaf = fc.record({
    leaf: fc.double({ min: -5, max: 5, noNaN: true }),
    cover: fc.integer({ min: 0, max: 9 }),
  });
  const split = (below: fc.Arbitrary<Node>) =>
    fc.record({
      feature: fc.nat(featureCount - 1),
      threshold: fc.constantFrom(...VALUES),
      missingLeft: fc.boolean(),
      missing: fc.constantFrom(...Object.values(Missing)),
      categories: fc.option(fc.uniqueArray(fc.nat(45), { maxLength: 4 }), { freq: 3 }),
      left: below,
      right: below,
    });
  const node = (levels: number): fc.Arbitrary<Node> =>
    levels === 0
      ? leaf
      : fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 4, arbitrary: split(node(levels - 1)) });
  return fc
    .record({
      rules: fc.constantFrom<Rules>('xgboost', 'lightgbm'),
      averaged: fc.boolean(),
      baseMargin: fc.double({ min: -2, max: 2, noNaN: true }),
      roots: fc.array(node(depth), { minLength: 1, maxLength: 3 }),
    })
    .map(({ rules, averaged, baseMargin, roots }) =>
      forestOf(rules, averaged, baseMargin, featureCount, roots),
    );
}

function forestOf(
  rules: Rules,
  averaged: boolean,
  baseMargin: number,
  featureCount: number,
  roots: readonly Node[],
): Forest {
  const starts: number[] = [];
  const columns = {
    feature: [] as number[],
    threshold: [] as number[],
    left: [] as number[],
    right: [] as number[],
    missingLeft: [] as number[],
    missing: [] as number[],
    categorySet: [] as number[],
    value: [] as number[],
    cover: [] as number[],
  };
  const categorySets: Uint32Array[] = [];

  function append(node: Node): number {
    const at = columns.feature.length;
    const isSplit = 'left' in node;
    columns.feature.push(isSplit ? node.feature : -1);
    columns.threshold.push(isSplit ? Math.fround(node.threshold) : 0);
    columns.missingLeft.push(isSplit && node.missingLeft ? 1 : 0);
    columns.missing.push(isSplit && rules === 'lightgbm' ? node.missing : Missing.nan);
    columns.value.push(isSplit ? 0 : node.leaf);
    columns.left.push(0);
    columns.right.push(0);
    columns.categorySet.push(-1);
    columns.cover.push(isSplit ? 0 : node.cover);
    if (!isSplit) return at;
    if (node.categories !== null) {
      columns.categorySet[at] = categorySets.length;
      const words = new Uint32Array(2);
      for (const category of node.categories)
        words[category >> 5] = (words[category >> 5] as number) | (1 << (category & 31));
      categorySets.push(words);
    }
    const left = append(node.left);
    const right = append(node.right);
    columns.left[at] = left;
    columns.right[at] = right;
    // XGBoost's float32 covers do not quite add up.
    const cover = (columns.cover[left] as number) + (columns.cover[right] as number);
    columns.cover[at] = cover * (1 + 1e-3 * (at % 3));
    return at;
  }

  for (const root of roots) {
    starts.push(columns.feature.length);
    append(root);
  }
  starts.push(columns.feature.length);
  return {
    objective: 'reg:squarederror',
    rules,
    featureCount,
    featureNames: null,
    baseMargin,
    averaged,
    starts: Int32Array.from(starts),
    feature: Int32Array.from(columns.feature),
    threshold: Float64Array.from(columns.threshold),
    left: Int32Array.from(columns.left),
    right: Int32Array.from(columns.right),
    missingLeft: Uint8Array.from(columns.missingLeft),
    missing: Uint8Array.from(columns.missing),
    categorySet: Int32Array.from(columns.categorySet),
    categorySets,
    value: Float64Array.from(columns.value),
    cover: Float64Array.from(columns.cover),
    gain: new Float64Array(columns.feature.length),
  };
}
