import type { ColumnBins } from './column-bins.ts';
import type { CompleteParameters } from './parameters.ts';

/** A node as the search sees it. */
export interface NodeSums {
  readonly gradient: number;
  readonly hessian: number;
  /** Gain of the node as a leaf. */
  readonly gain: number;
  /** Bounds of the node's leaves, from monotone splits above it. */
  readonly lower: number;
  readonly upper: number;
}

/** The penalties as the search uses them: float32 numbers. */
export interface SplitRule {
  readonly lambda: number;
  readonly alpha: number;
  readonly minChildWeight: number;
  readonly maxDeltaStep: number;
  /** Whether any column is monotone. */
  readonly bounded: boolean;
  readonly categoriesToGroup: number;
  readonly maxGroupedCategories: number;
}

export function splitRule(parameters: CompleteParameters): SplitRule {
  const { fround } = Math;
  return {
    lambda: fround(parameters.lambda),
    alpha: fround(parameters.alpha),
    minChildWeight: fround(parameters.minChildWeight),
    maxDeltaStep: fround(parameters.maxDeltaStep),
    bounded: parameters.monotone?.some((direction) => direction !== 0) ?? false,
    categoriesToGroup: parameters.categoriesToGroup,
    maxGroupedCategories: parameters.maxGroupedCategories,
  };
}

/**
 * The best split found so far.
 * `bin`: of a numeric column the last bin that goes left, −1 where only missing values do; of a
 * categorical one split off by itself, the bin that goes right; of one split in groups, how many of
 * `categoryOrder` go right.
 */
export interface FoundSplit {
  gain: number;
  bin: number;
  missingLeft: boolean;
  leftGradient: number;
  leftHessian: number;
  rightGradient: number;
  rightHessian: number;
}

const { fround } = Math;

/** −g / (h + λ) of a leaf, after L1, clipping and bounds: without the learning rate. */
export function leafWeight(
  rule: SplitRule,
  gradient: number,
  hessian: number,
  lower: number,
  upper: number,
): number {
  const weight = fround(freeWeight(rule, gradient, hessian));
  return Math.min(Math.max(weight, lower), upper);
}

function freeWeight(rule: SplitRule, gradient: number, hessian: number): number {
  if (hessian <= 0) return 0;
  const weight = -shrunk(gradient, rule.alpha) / (hessian + rule.lambda);
  const most = rule.maxDeltaStep;
  return most === 0 ? weight : Math.min(Math.max(weight, -most), most);
}

/** Soft threshold of the L1 penalty. */
function shrunk(gradient: number, alpha: number): number {
  if (gradient > alpha) return gradient - alpha;
  if (gradient < -alpha) return gradient + alpha;
  return 0;
}

/** Twice the loss that a leaf of these sums takes away. */
export function leafGain(
  rule: SplitRule,
  gradient: number,
  hessian: number,
  lower: number,
  upper: number,
): number {
  if (hessian <= 0) return 0;
  if (!rule.bounded && rule.maxDeltaStep === 0) {
    const pull = shrunk(gradient, rule.alpha);
    return fround((pull * pull) / (hessian + rule.lambda));
  }
  const weight = leafWeight(rule, gradient, hessian, lower, upper);
  // As XGBoost 1.7 to 3.2: here without the L1 penalty of the weight.
  return fround(-(2 * gradient * weight + (hessian + rule.lambda) * fround(weight * weight)));
}

/**
 * Writes to `best` the node's best split by one column, from the column's histogram at
 * `histogram[at]`; its gain is 0 where there is none. Arithmetic and order of preference are XGBoost's
 * (`src/tree/param.h`, `split_evaluator.h`, `updater_colmaker.cc`, `hist/evaluate_splits.h`): sums are
 * float64, weights and gains float32, the first of equal gains stays.
 */
export function searchSplit(
  rule: SplitRule,
  column: ColumnBins,
  direction: -1 | 0 | 1,
  node: NodeSums,
  histogram: Float64Array,
  at: number,
  best: FoundSplit,
): void {
  best.gain = 0;
  const search = { rule, column, direction, node, histogram, at, best };
  if (!column.categorical) searchNumeric(search);
  else if (column.bins < rule.categoriesToGroup) searchOne(search);
  else searchGroups(search);
}

interface Search {
  readonly rule: SplitRule;
  readonly column: ColumnBins;
  readonly direction: -1 | 0 | 1;
  readonly node: NodeSums;
  readonly histogram: Float64Array;
  /** Where the column begins in the histogram. */
  readonly at: number;
  readonly best: FoundSplit;
}

function searchNumeric(search: Search): void {
  const { histogram, at } = search;
  const { bins, missingBin } = search.column;
  const { gradient, hessian } = search.node;
  const missing = missingBin >= 0;
  // Missing values go right; a column of one value needs but the other direction.
  if (missing && bins > 1) {
    let leftGradient = 0;
    let leftHessian = 0;
    for (let bin = 0; bin < bins; bin++) {
      leftGradient += histogram[at + 2 * bin] as number;
      leftHessian += histogram[at + 2 * bin + 1] as number;
      const rightGradient = gradient - leftGradient;
      const rightHessian = hessian - leftHessian;
      consider(search, bin, false, leftGradient, leftHessian, rightGradient, rightHessian);
    }
  }
  let rightGradient = 0;
  let rightHessian = 0;
  const first = missing ? 0 : 1;
  for (let bin = bins - 1; bin >= first; bin--) {
    rightGradient += histogram[at + 2 * bin] as number;
    rightHessian += histogram[at + 2 * bin + 1] as number;
    const leftGradient = gradient - rightGradient;
    const leftHessian = hessian - rightHessian;
    consider(search, bin - 1, true, leftGradient, leftHessian, rightGradient, rightHessian);
  }
}

/** One category goes right, with or without the missing values. */
function searchOne(search: Search): void {
  const { node, histogram, at } = search;
  const { missingBin, rareBin, bins } = search.column;
  const missingGradient = missingBin < 0 ? 0 : (histogram[at + 2 * missingBin] as number);
  const missingHessian = missingBin < 0 ? 0 : (histogram[at + 2 * missingBin + 1] as number);
  for (let bin = 0; bin < bins; bin++) {
    if (bin === rareBin) continue;
    for (const missingLeft of missingBin < 0 ? [true] : [true, false]) {
      const rightGradient =
        (histogram[at + 2 * bin] as number) + (missingLeft ? 0 : missingGradient);
      const rightHessian =
        (histogram[at + 2 * bin + 1] as number) + (missingLeft ? 0 : missingHessian);
      const leftGradient = node.gradient - rightGradient;
      const leftHessian = node.hessian - rightHessian;
      consider(search, bin, missingLeft, leftGradient, leftHessian, rightGradient, rightHessian);
    }
  }
}

/** Categories by ascending leaf weight; the first so many go right. */
export function categoryOrder(
  rule: SplitRule,
  column: ColumnBins,
  histogram: Float64Array,
  at: number,
): readonly number[] {
  const weight = (bin: number) =>
    freeWeight(rule, histogram[at + 2 * bin] as number, histogram[at + 2 * bin + 1] as number);
  return Array.from(column.lows, (_, bin) => bin).sort((a, b) => weight(a) - weight(b) || a - b);
}

function searchGroups(search: Search): void {
  const { rule, column, node, histogram, at } = search;
  const order = categoryOrder(rule, column, histogram, at);
  const most = Math.min(rule.maxGroupedCategories, order.length);
  let sideGradient = 0;
  let sideHessian = 0;
  for (let count = 1; count < most; count++) {
    const bin = order[count - 1] as number;
    sideGradient += histogram[at + 2 * bin] as number;
    sideHessian += histogram[at + 2 * bin + 1] as number;
    const leftGradient = node.gradient - sideGradient;
    const leftHessian = node.hessian - sideHessian;
    consider(search, count, true, leftGradient, leftHessian, sideGradient, sideHessian);
  }
  sideGradient = 0;
  sideHessian = 0;
  // Rare categories stand in no set, so they go left whatever their weight.
  if (column.rareBin >= 0) {
    sideGradient = histogram[at + 2 * column.rareBin] as number;
    sideHessian = histogram[at + 2 * column.rareBin + 1] as number;
  }
  for (let count = order.length - 1; count > order.length - most; count--) {
    const bin = order[count] as number;
    sideGradient += histogram[at + 2 * bin] as number;
    sideHessian += histogram[at + 2 * bin + 1] as number;
    const rightGradient = node.gradient - sideGradient;
    const rightHessian = node.hessian - sideHessian;
    consider(search, count, false, sideGradient, sideHessian, rightGradient, rightHessian);
  }
}

/** Loss reduction, 0 where the split is not allowed. */
function splitGain(
  rule: SplitRule,
  direction: -1 | 0 | 1,
  node: NodeSums,
  leftGradient: number,
  leftHessian: number,
  rightGradient: number,
  rightHessian: number,
): number {
  const least = rule.minChildWeight;
  if (!(leftHessian >= least && rightHessian >= least && leftHessian > 0 && rightHessian > 0)) {
    return 0;
  }
  const { lower, upper } = node;
  if (direction !== 0) {
    const left = leafWeight(rule, leftGradient, leftHessian, lower, upper);
    const right = leafWeight(rule, rightGradient, rightHessian, lower, upper);
    if (direction > 0 ? left > right : left < right) return 0;
  }
  const gain = fround(
    fround(
      leafGain(rule, leftGradient, leftHessian, lower, upper) +
        leafGain(rule, rightGradient, rightHessian, lower, upper),
    ) - node.gain,
  );
  return gain < Infinity ? gain : 0;
}

/** Keeps a split where it gains more than the best so far. */
function consider(
  { rule, direction, node, best }: Search,
  bin: number,
  missingLeft: boolean,
  leftGradient: number,
  leftHessian: number,
  rightGradient: number,
  rightHessian: number,
): void {
  const gain = splitGain(
    rule,
    direction,
    node,
    leftGradient,
    leftHessian,
    rightGradient,
    rightHessian,
  );
  if (!(gain > best.gain)) return;
  best.gain = gain;
  best.bin = bin;
  best.missingLeft = missingLeft;
  best.leftGradient = leftGradient;
  best.leftHessian = leftHessian;
  best.rightGradient = rightGradient;
  best.rightHessian = rightHessian;
}
