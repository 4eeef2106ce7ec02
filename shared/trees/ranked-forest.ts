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

const MOST_THRESHOLDS = 255;

/** LightGBM reads |x| ≤ 1e-35f as zero. */
const ZERO_BOUND = Math.fround(1e-35);
/** Float64 neighbour of −1: LightGBM truncates categories towards zero. */
const ABOVE_MINUS_ONE = -1 + Number.EPSILON / 2;

/** Both libraries' rules for a numeric split become `value >= threshold`, exactly. */
export function rankForest(forest: Forest): RankedForest {
  const nodes = forest.feature.length;
  const columns: RankColumn[] = [];
  const column = new Uint32Array(nodes);
  const rank = new Uint8Array(nodes).fill(255);
  const { rules, ruleOf, bounds } = numericSplits(forest);
  const thresholds = distinctByRule(ruleOf, bounds, rules.length);
  const first = new Uint32Array(rules.length);
  for (const [index, rule] of rules.entries()) {
    const distinct = thresholds[index] as Float64Array;
    first[index] = columns.length;
    for (let start = 0; start < distinct.length; start += MOST_THRESHOLDS)
      columns.push(numericColumn(rule, distinct.subarray(start, start + MOST_THRESHOLDS)));
  }
  for (let node = 0; node < nodes; node++) {
    const rule = ruleOf[node] as number;
    if (rule < 0) continue;
    const at = positionOf(bounds[node] as number, thresholds[rule] as Float64Array);
    column[node] = (first[rule] as number) + Math.floor(at / MOST_THRESHOLDS);
    rank[node] = at % MOST_THRESHOLDS;
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

/** A feature and how its missing values go. */
interface NumericRule {
  readonly feature: number;
  readonly missing: number;
  readonly missingLeft: boolean;
}

/** For each numeric split its rule and its bound; other nodes have rule −1. */
function numericSplits(forest: Forest) {
  const nodes = forest.feature.length;
  const rules: NumericRule[] = [];
  const numberOf = new Map<number, number>();
  const ruleOf = new Int32Array(nodes).fill(-1);
  const bounds = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const feature = forest.feature[node] as number;
    if (feature < 0 || (forest.categorySet[node] as number) >= 0) continue;
    const missing = forest.missing[node] as number;
    const missingLeft = missing !== Missing.none && forest.missingLeft[node] === 1;
    const key = feature * 6 + missing * 2 + Number(missingLeft);
    let rule = numberOf.get(key);
    if (rule === undefined) {
      rule = rules.push({ feature, missing, missingLeft }) - 1;
      numberOf.set(key, rule);
    }
    ruleOf[node] = rule;
    bounds[node] = lowestGoingRight(forest, node);
  }
  return { rules, ruleOf, bounds };
}

/** The least value that goes right; NaN where none does. */
function lowestGoingRight(forest: Forest, node: number): number {
  const threshold = forest.threshold[node] as number;
  if (forest.rules === 'xgboost') return Math.fround(threshold);
  return threshold === Number.POSITIVE_INFINITY ? Number.NaN : nextUp(threshold);
}

/** The bounds of each rule, ascending, NaN last, each once. */
function distinctByRule(ruleOf: Int32Array, bounds: Float64Array, rules: number): Float64Array[] {
  const counts = new Uint32Array(rules);
  for (const rule of ruleOf) if (rule >= 0) counts[rule] = (counts[rule] as number) + 1;
  const lists = Array.from(counts, (count) => new Float64Array(count));
  for (let node = ruleOf.length - 1; node >= 0; node--) {
    const rule = ruleOf[node] as number;
    if (rule < 0) continue;
    const at = (counts[rule] as number) - 1;
    counts[rule] = at;
    (lists[rule] as Float64Array)[at] = bounds[node] as number;
  }
  return lists.map(distinct);
}

function distinct(numbers: Float64Array): Float64Array {
  numbers.sort();
  let count = 0;
  for (const number of numbers) {
    const last = numbers[count - 1];
    if (count > 0 && (number === last || (Number.isNaN(number) && Number.isNaN(last)))) continue;
    numbers[count++] = number;
  }
  return numbers.subarray(0, count);
}

/** Index of a number that is in the list; NaN is the last. */
function positionOf(number: number, ascending: Float64Array): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) >= number) high = middle;
    else low = middle + 1;
  }
  return low;
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

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);

/** The next greater float64. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  float[0] = value;
  bits[0] = (bits[0] as bigint) + (value > 0 ? 1n : -1n);
  return float[0] as number;
}
