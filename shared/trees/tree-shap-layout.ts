import { gaussLegendre } from '../math/gauss-legendre.ts';
import { type Forest, Missing } from './forest.ts';

/** Values of `ShapTrees.kind`. */
export const PLAIN = 0;
export const ZERO_AS_MISSING = 1;
export const CATEGORICAL = 2;

/**
 * The splits of a forest as TreeSHAP walks them. A tree of n splits numbers its splits 0 to n − 1 and
 * its leaves n to 2n, parents first: its local numbers. `starts` numbers the splits of all trees.
 */
export interface ShapTrees {
  readonly treeCount: number;
  /** First split of each tree, and at the end the number of splits. */
  readonly starts: Int32Array;
  /** Points of quadrature, by tree. */
  readonly points: Int32Array;
  readonly feature: Int32Array;
  /** A value that is not missing goes left where it is ≤ the threshold, whatever the rules. */
  readonly threshold: Float64Array;
  readonly missingLeft: Uint8Array;
  readonly kind: Uint8Array;
  readonly categorySet: Int32Array;
  /** Local numbers of the children. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** The left child's share of the cover. */
  readonly share: Float64Array;
  /** Local number of the nearest split above on the same feature, or −1. */
  readonly ancestor: Int32Array;
  /** 1 where the split stands on the left of that ancestor. */
  readonly leftOfAncestor: Uint8Array;
  /** Where `known` and `weight` start for a split whose feature can still be known. */
  readonly open: Int32Array;
  /** Where they start, by tree, for one whose feature the row has contradicted further up. */
  readonly shut: Int32Array;
  /** By point: the probability that the split's feature is known, given the path to the split. */
  readonly known: Float64Array;
  /** By point: the point's weight times the derivative of `known` by the probability of knowing. */
  readonly weight: Float64Array;
  /**
   * Margins by local number, of a tree from `2 · starts[tree] + tree` on: of a leaf its value, of a
   * split the mean by cover.
   */
  readonly mean: Float64Array;
}

export function shapTrees(forest: Forest): ShapTrees {
  const treeCount = forest.starts.length - 1;
  const splitCount = (forest.feature.length - treeCount) / 2;
  const posteriors = new Posteriors();
  const trees = {
    treeCount,
    starts: new Int32Array(treeCount + 1),
    points: new Int32Array(treeCount),
    feature: new Int32Array(splitCount),
    threshold: new Float64Array(splitCount),
    missingLeft: new Uint8Array(splitCount),
    kind: new Uint8Array(splitCount),
    categorySet: new Int32Array(splitCount),
    left: new Int32Array(splitCount),
    right: new Int32Array(splitCount),
    share: new Float64Array(splitCount),
    ancestor: new Int32Array(splitCount).fill(-1),
    leftOfAncestor: new Uint8Array(splitCount),
    open: new Int32Array(splitCount),
    shut: new Int32Array(treeCount),
    mean: new Float64Array(2 * splitCount + treeCount),
  };
  for (let tree = 0; tree < treeCount; tree++) {
    copyTree(forest, tree, trees);
    linkRepeats(tree, trees, posteriors);
  }
  return {
    ...trees,
    known: Float64Array.from(posteriors.known),
    weight: Float64Array.from(posteriors.weight),
  };
}

type Linked = Omit<ShapTrees, 'known' | 'weight'>;

function copyTree(forest: Forest, tree: number, trees: Linked): void {
  const first = forest.starts[tree] as number;
  const size = (forest.starts[tree + 1] as number) - first;
  const start = trees.starts[tree] as number;
  const count = (size - 1) / 2;
  trees.starts[tree + 1] = start + count;
  const mean = trees.mean.subarray(2 * start + tree, 2 * start + tree + size);

  const local = new Int32Array(size);
  let splits = 0;
  let leaves = count;
  for (let node = 0; node < size; node++) {
    const isSplit = (forest.feature[first + node] as number) >= 0;
    const number = isSplit ? splits++ : leaves++;
    local[node] = number;
    if (!isSplit) mean[number] = forest.value[first + node] as number;
  }
  for (let node = size - 1; node >= 0; node--) {
    const from = first + node;
    if ((forest.feature[from] as number) < 0) continue;
    const to = start + (local[node] as number);
    const left = forest.left[from] as number;
    const right = forest.right[from] as number;
    copyRule(forest, from, trees, to);
    trees.left[to] = local[left - first] as number;
    trees.right[to] = local[right - first] as number;
    const share = shareOf(forest.cover[left] as number, forest.cover[right] as number);
    trees.share[to] = share;
    const rightMean = mean[trees.right[to] as number] as number;
    mean[local[node] as number] =
      rightMean + share * ((mean[trees.left[to] as number] as number) - rightMean);
  }
}

/** A node that no training row reached says nothing of its children: they count alike. */
function shareOf(leftCover: number, rightCover: number): number {
  const cover = leftCover + rightCover;
  return cover > 0 ? leftCover / cover : 0.5;
}

function copyRule(forest: Forest, from: number, trees: Linked, to: number): void {
  const threshold = forest.threshold[from] as number;
  trees.feature[to] = forest.feature[from] as number;
  trees.threshold[to] = forest.rules === 'xgboost' ? predecessor(threshold) : threshold;
  trees.missingLeft[to] = forest.missingLeft[from] as number;
  trees.categorySet[to] = forest.categorySet[from] as number;
  if ((forest.categorySet[from] as number) >= 0) trees.kind[to] = CATEGORICAL;
  else if (forest.missing[from] === Missing.zero) trees.kind[to] = ZERO_AS_MISSING;
  else if (forest.missing[from] === Missing.none) trees.missingLeft[to] = 0 <= threshold ? 1 : 0;
}

/** The greatest float64 below x, so that v < x is v ≤ predecessor(x); NaN below −∞. */
function predecessor(x: number): number {
  if (x === Number.NEGATIVE_INFINITY) return Number.NaN;
  if (x === 0) return -Number.MIN_VALUE;
  const bits = new BigInt64Array(1);
  const float = new Float64Array(bits.buffer);
  float[0] = x;
  bits[0] = (bits[0] as bigint) + (x > 0 ? -1n : 1n);
  return float[0];
}

/** Finds the splits that repeat a feature of their path, and how many points the tree takes. */
function linkRepeats(tree: number, trees: Linked, posteriors: Posteriors): void {
  const start = trees.starts[tree] as number;
  const count = (trees.starts[tree + 1] as number) - start;
  const parent = new Int32Array(count).fill(-1);
  /** How many features the path to a split and the split itself have. */
  const features = new Int32Array(count);
  /** Share of the cover that the splits above on the same feature leave. */
  const survival = new Float64Array(count).fill(1);
  let most = 0;
  for (let split = 0; split < count; split++) {
    for (const child of [trees.left[start + split], trees.right[start + split]] as number[])
      if (child < count) parent[child] = split;
    const feature = trees.feature[start + split];
    let below = split;
    let above = parent[split] as number;
    while (above >= 0 && trees.feature[start + above] !== feature) {
      below = above;
      above = parent[above] as number;
    }
    if (above >= 0) {
      const isLeft = trees.left[start + above] === below;
      const share = trees.share[start + above] as number;
      trees.ancestor[start + split] = above;
      trees.leftOfAncestor[start + split] = isLeft ? 1 : 0;
      survival[split] = (survival[above] as number) * (isLeft ? share : 1 - share);
    }
    const before = split === 0 ? 0 : (features[parent[split] as number] as number);
    features[split] = before + (above >= 0 ? 0 : 1);
    most = Math.max(most, features[split] as number);
  }
  const points = Math.ceil(most / 2);
  trees.points[tree] = points;
  trees.shut[tree] = posteriors.shut(points);
  for (let split = 0; split < count; split++)
    trees.open[start + split] = posteriors.open(points, survival[split] as number);
}

/**
 * What is known at each point of the quadrature. A path on which a feature's splits leave the share s
 * of the cover is passed with 1 if the feature is known (and the row agrees), with s if not: at
 * probability x the posterior is x / (x + (1 − x) s), and its derivative s / (x + (1 − x) s)².
 */
class Posteriors {
  readonly known: number[] = [];
  readonly weight: number[] = [];
  readonly #starts = new Map<string, number>();

  open(points: number, survival: number): number {
    return this.#start(`${points} ${survival}`, () => {
      const { nodes, weights } = gaussLegendre(points);
      for (let point = 0; point < points; point++) {
        const x = nodes[point] as number;
        const passed = x + (1 - x) * survival;
        this.known.push(x / passed);
        this.weight.push(((weights[point] as number) * survival) / passed ** 2);
      }
    });
  }

  shut(points: number): number {
    return this.#start(`${points} shut`, () => {
      for (let point = 0; point < points; point++) {
        this.known.push(0);
        this.weight.push(0);
      }
    });
  }

  #start(key: string, append: () => void): number {
    const stored = this.#starts.get(key);
    if (stored !== undefined) return stored;
    const start = this.known.length;
    this.#starts.set(key, start);
    append();
    return start;
  }
}
