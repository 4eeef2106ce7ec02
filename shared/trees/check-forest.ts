import { UnusableModel } from '../errors.ts';
import { type Forest, Missing } from './forest.ts';

/** What one forest may hold at most: a file cannot make a reader fill the memory. */
export const LIMITS = {
  trees: 100_000,
  nodes: 20_000_000,
  features: 1_000_000,
  /** Category numbers of XGBoost and LightGBM end here. */
  category: 2 ** 24,
  fileBytes: 2 ** 28,
  /** 32-bit words of all category sets together. */
  categoryWords: 2 ** 24,
} as const;

/**
 * Checks all that evaluators, explanations and writers rely on: every node of a tree is reached from
 * its root exactly once, numbers are finite, columns exist.
 * @returns the forest
 * @throws UnusableModel naming the tree and node
 */
export function checkForest(forest: Forest): Forest {
  const { starts, feature, featureCount } = forest;
  const nodes = feature.length;
  if (!Number.isInteger(featureCount) || featureCount < 0 || featureCount > LIMITS.features)
    throw new UnusableModel(`the forest has ${featureCount} features`);
  if (forest.featureNames !== null && forest.featureNames.length !== featureCount)
    throw new UnusableModel(
      `the forest has ${featureCount} features but ${forest.featureNames.length} names`,
    );
  if (!Number.isFinite(forest.baseMargin))
    throw new UnusableModel(`the base margin is ${forest.baseMargin}`);
  if (starts.length === 0 || starts[0] !== 0 || starts.at(-1) !== nodes)
    throw new UnusableModel('the trees do not cover the nodes');
  for (const { length } of columnsOf(forest))
    if (length !== nodes)
      throw new UnusableModel(`${nodes} nodes, but a column of ${length} entries`);
  for (let tree = 0; tree + 1 < starts.length; tree++) checkTree(forest, tree);
  return forest;
}

function columnsOf(forest: Forest): readonly { readonly length: number }[] {
  const { threshold, left, right, missingLeft, missing, categorySet, value, cover, gain } = forest;
  return [threshold, left, right, missingLeft, missing, categorySet, value, cover, gain];
}

function checkTree(forest: Forest, tree: number): void {
  const start = forest.starts[tree] as number;
  const end = forest.starts[tree + 1] as number;
  const parents = new Uint8Array(Math.max(0, end - start));
  const fail = (node: number, reason: string): never => {
    throw new UnusableModel(`tree ${tree}, node ${node - start}: ${reason}`);
  };
  if (end <= start) fail(start, 'the tree is empty');
  for (let node = start; node < end; node++) {
    if (node > start && parents[node - start] !== 1)
      fail(node, 'no split before it leads here: unreachable, or in a cycle');
    const cover = forest.cover[node] as number;
    if (!(cover >= 0) || cover === Number.POSITIVE_INFINITY) fail(node, `cover ${cover}`);
    const feature = forest.feature[node] as number;
    if (feature < 0) {
      if (!Number.isFinite(forest.value[node])) fail(node, `leaf value ${forest.value[node]}`);
      continue;
    }
    if (feature >= forest.featureCount) fail(node, `splits on column ${feature}, which is none`);
    const wrong = wrongSplit(forest, node);
    if (wrong !== null) fail(node, wrong);
    adopt(node, forest.left[node] as number);
    adopt(node, forest.right[node] as number);
  }

  function adopt(node: number, child: number): void {
    if (child <= node || child >= end) fail(node, `child ${child - start} is not after it`);
    if (parents[child - start] === 1) fail(node, `child ${child - start} has two parents`);
    parents[child - start] = 1;
  }
}

/** What is wrong with a split's own fields, or null. */
function wrongSplit(forest: Forest, node: number): string | null {
  if (Number.isNaN(forest.threshold[node])) return 'threshold NaN';
  if (Number.isNaN(forest.gain[node])) return 'gain NaN';
  const missing = forest.missing[node] as number;
  if (missing > Missing.nan || (forest.rules === 'xgboost' && missing !== Missing.nan))
    return `missing type ${missing}`;
  const set = forest.categorySet[node] as number;
  return set >= forest.categorySets.length ? `category set ${set}, which is none` : null;
}
