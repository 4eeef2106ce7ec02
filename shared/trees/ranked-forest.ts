import { type Forest, Missing } from './forest.ts';

/**
 * A column of ranks that splits compare against: one feature under one rule for missing values, with
 * at most 255 thresholds, so that a rank is a byte. A feature with more, or with splits that send
 * missing values both ways, has several columns; so has each category set.
 */
export interface RankColumn {
  readonly feature: number;
  /** Ascending; a value's rank is how many are ≤ it. NaN, last, is a threshold above all values. */
  readonly thresholds: Float64Array;
  /** The set of a categorical column, at least one word; else null. */
  readonly categories: Uint32Array | null;
  /** Rank of a category in the set; 1 − that of all others. */
  readonly memberRank: number;
  /** The least value that can be a category. */
  readonly leastCategory: number;
  /** Rank of a missing value. */
  readonly missingRank: number;
  /** Besides NaN, values with |x| ≤ this are missing; −1 where none is. */
  readonly missingBound: number;
}

/** The splits of a forest as comparisons of bytes: right where the row's rank > the split's. */
export interface RankedForest {
  readonly columns: readonly RankColumn[];
  /** Column of each split, by node; of leaves 0. */
  readonly column: Uint32Array;
  /** Rank of each split, by node; of leaves 255, which no rank exceeds. */
  readonly rank: Uint8Array;
}

export const MOST_THRESHOLDS = 255;

/** LightGBM reads |x| ≤ 1e-35f as zero. */
const ZERO_BOUND = Math.fround(1e-35);
/** Float64 neighbour of −1: LightGBM truncates categories towards zero. */
const ABOVE_MINUS_ONE = nextUp(-1);

/** Both libraries' rules for a numeric split become `value >= threshold`, exactly. */
export function rankForest(forest: Forest): RankedForest {
  const columns: RankColumn[] = [];
  const nodes = forest.feature.length;
  const column = new Uint32Array(nodes);
  const rank = new Uint8Array(nodes).fill(255);
  for (const { splits, ...rule } of numericRules(forest).values()) {
    const bounds = splits.map((node) => lowestGoingRight(forest, node));
    const distinct = Float64Array.from(new Set(bounds)).sort();
    const first = columns.length;
    for (let start = 0; start < distinct.length; start += MOST_THRESHOLDS)
      columns.push(numericColumn(rule, distinct.subarray(start, start + MOST_THRESHOLDS)));
    const position = new Map(Array.from(distinct, (threshold, index) => [threshold, index]));
    for (const [index, node] of splits.entries()) {
      const at = position.get(bounds[index] as number) as number;
      column[node] = first + Math.floor(at / MOST_THRESHOLDS);
      rank[node] = at % MOST_THRESHOLDS;
    }
  }
  const columnOfSet = new Map<string, number>();
  for (let node = 0; node < nodes; node++) {
    const set = forest.categorySet[node] as number;
    if (set < 0) continue;
    const key = [forest.feature[node], set, forest.missingLeft[node]].join();
    let at = columnOfSet.get(key);
    if (at === undefined) {
      at = columns.push(categoricalColumn(forest, node)) - 1;
      columnOfSet.set(key, at);
    }
    column[node] = at;
    rank[node] = 0;
  }
  return { columns, column, rank };
}

interface NumericRule {
  readonly feature: number;
  readonly missing: number;
  readonly missingLeft: boolean;
}

/** Splits by feature and treatment of missing values. */
function numericRules(forest: Forest): Map<number, NumericRule & { splits: number[] }> {
  const rules = new Map<number, NumericRule & { splits: number[] }>();
  for (let node = 0; node < forest.feature.length; node++) {
    const feature = forest.feature[node] as number;
    if (feature < 0 || (forest.categorySet[node] as number) >= 0) continue;
    const missing = forest.missing[node] as number;
    const missingLeft = missing !== Missing.none && forest.missingLeft[node] === 1;
    const key = feature * 6 + missing * 2 + Number(missingLeft);
    const known = rules.get(key);
    if (known) known.splits.push(node);
    else rules.set(key, { feature, missing, missingLeft, splits: [node] });
  }
  return rules;
}

/** The least value that goes right; NaN where none does. */
function lowestGoingRight(forest: Forest, node: number): number {
  const threshold = forest.threshold[node] as number;
  if (forest.rules === 'xgboost') return Math.fround(threshold);
  return threshold === Number.POSITIVE_INFINITY ? Number.NaN : nextUp(threshold);
}

function numericColumn(rule: NumericRule, thresholds: Float64Array): RankColumn {
  const missingRank =
    rule.missing === Missing.none
      ? thresholds.filter((threshold) => threshold <= 0).length
      : rule.missingLeft
        ? 0
        : thresholds.length;
  return {
    feature: rule.feature,
    thresholds,
    categories: null,
    memberRank: 0,
    leastCategory: 0,
    missingRank,
    missingBound: rule.missing === Missing.zero ? ZERO_BOUND : -1,
  };
}

function categoricalColumn(forest: Forest, node: number): RankColumn {
  const xgboost = forest.rules === 'xgboost';
  const categories = forest.categorySets[forest.categorySet[node] as number] as Uint32Array;
  return {
    feature: forest.feature[node] as number,
    thresholds: new Float64Array(0),
    categories: categories.length > 0 ? categories : new Uint32Array(1),
    memberRank: xgboost ? 1 : 0,
    leastCategory: xgboost ? 0 : ABOVE_MINUS_ONE,
    missingRank: xgboost && forest.missingLeft[node] === 1 ? 0 : 1,
    missingBound: -1,
  };
}

/** Rank of a value, 0 to 255. */
export function rankOf(column: RankColumn, value: number): number {
  if (!(Math.abs(value) > column.missingBound)) return column.missingRank;
  if (column.categories) return categoryRank(column, column.categories, value);
  const { thresholds } = column;
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((thresholds[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function categoryRank(column: RankColumn, categories: Uint32Array, value: number): number {
  if (!(value >= column.leastCategory && value < categories.length * 32))
    return 1 - column.memberRank;
  const category = Math.trunc(value);
  const member = ((categories[category >>> 5] as number) >>> (category & 31)) & 1;
  return member === 1 ? column.memberRank : 1 - column.memberRank;
}

/** The next greater float64. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const float = new Float64Array([value]);
  const bits = new BigInt64Array(float.buffer);
  bits[0] = (bits[0] as bigint) + (value > 0 ? 1n : -1n);
  return float[0] as number;
}
