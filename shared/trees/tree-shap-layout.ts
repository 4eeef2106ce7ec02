import { gaussLegendre } from '../math/gauss-legendre.ts';
import { type Forest, Missing } from './forest.ts';

/**
 * A forest as the TreeSHAP kernels walk it: bytes of one memory. Splits of which both children are
 * leaves (twigs) stand after the other (inner) splits of their tree; parents before their children.
 * Points of quadrature come in pairs, a SIMD vector each; a last point without a partner has one of
 * weight 0.
 */
export interface ShapLayout {
  readonly trees: readonly ShapTree[];
  /** Addresses of what a kernel computes in. */
  readonly scratch: Scratch;
  /** Rows of the block at `rows`, and what they get at `out`. */
  readonly blockRows: number;
  readonly rows: number;
  readonly out: number;
}

/** Addresses are in bytes. */
export interface ShapTree {
  /** Pairs of quadrature points. */
  readonly pairs: number;
  readonly points: number;
  /** Record of the first inner split, of the first twig, and the end of the twigs. */
  readonly inner: number;
  readonly twigs: number;
  readonly end: number;
  /** Values of the leaves that are no twig's, in the order of their slots. */
  readonly leaves: number;
  readonly leavesEnd: number;
  /** Posterior of a split whose feature the row has contradicted further up. */
  readonly shut: number;
  /** Margin expected by cover. */
  readonly mean: number;
  /** Splits that are not decided by comparing with a threshold and NaN. */
  readonly unusual: readonly { readonly record: number; readonly node: number }[];
}

export interface Scratch {
  /** By inner split: 1 or 0 for a row that went left or right, 2 for a contradicted one. */
  readonly state: number;
  /** By inner split: by point the probability of its left child, then those of its right one. */
  readonly sides: number;
  /** By slot and point. */
  readonly reach: number;
  readonly mean: number;
}

/** Offsets in the record of a split. */
export const RECORD = {
  /** f64: a value goes left where it is ≤ this. */
  threshold: 0,
  /** f64: the children's shares of the cover. */
  leftShare: 8,
  rightShare: 16,
  /** i32: offsets of the children's slots in `reach` and `mean`; of inner splits. */
  left: 24,
  right: 28,
  /** f64: values of the leaves; of twigs. */
  leftValue: 24,
  rightValue: 32,
  /** i32: offset in a row. */
  feature: 40,
  /** i32: address of the posterior if the feature can still be known. */
  open: 44,
  /** i32: offset in `state` of the nearest split above on the same feature, or 0. */
  ancestor: 48,
  /** u8: 1 where NaN goes left. */
  missingLeft: 52,
  /** u8: 1 where the split stands left of that ancestor. */
  leftOfAncestor: 53,
  bytes: 56,
} as const;

/** Bytes of a pair of points, of all pairs of `known` in a posterior, before those of `weight`. */
export const PAIR_BYTES = 16;

/** Rows that go through one tree after the other, so that the tree stays in the nearest cache. */
const BLOCK_ROWS = 32;

export function layOut(forest: Forest): { layout: ShapLayout; memory: WebAssembly.Memory } {
  const posteriors = new Posteriors();
  const plans = Array.from({ length: forest.starts.length - 1 }, (_, tree) =>
    planTree(forest, tree, posteriors),
  );
  const most = (of: (plan: Plan) => number) =>
    plans.reduce((max, plan) => Math.max(max, of(plan)), 0);
  const total = (of: (plan: Plan) => number) => plans.reduce((sum, plan) => sum + of(plan), 0);

  let end = 0;
  const take = (bytes: number) => {
    const address = end;
    end += Math.ceil(bytes / PAIR_BYTES) * PAIR_BYTES;
    return address;
  };
  const slots = most((plan) => (plan.splits.length + plan.leaves.length) * plan.pairs);
  const scratch = {
    state: take(4 + 4 * most((plan) => plan.inner)),
    sides: take(2 * PAIR_BYTES * most((plan) => plan.inner * plan.pairs)),
    reach: take(PAIR_BYTES * slots),
    mean: take(PAIR_BYTES * slots),
  };
  const rows = take(8 * BLOCK_ROWS * forest.featureCount);
  const out = take(8 * BLOCK_ROWS * forest.featureCount);
  let record = take(RECORD.bytes * total((plan) => plan.splits.length));
  let leaves = take(8 * total((plan) => plan.leaves.length));
  const known = take(8 * posteriors.values.length);

  const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(end / 65_536)) });
  const view = new DataView(memory.buffer);
  new Float64Array(memory.buffer, known).set(posteriors.values);
  const trees = plans.map((plan): ShapTree => {
    const tree = {
      pairs: plan.pairs,
      points: plan.points,
      inner: record,
      twigs: record + RECORD.bytes * plan.inner,
      end: record + RECORD.bytes * plan.splits.length,
      leaves,
      leavesEnd: leaves + 8 * plan.leaves.length,
      shut: known + 8 * plan.shut,
      mean: plan.mean,
      unusual: plan.splits.flatMap(({ node }, split) =>
        isUnusual(forest, node) ? [{ record: record + RECORD.bytes * split, node }] : [],
      ),
    };
    for (const split of plan.splits) {
      writeSplit(view, record, forest, split, known);
      record += RECORD.bytes;
    }
    for (const node of plan.leaves) {
      view.setFloat64(leaves, forest.value[node] as number, true);
      leaves += 8;
    }
    return tree;
  });
  return { layout: { trees, scratch, blockRows: BLOCK_ROWS, rows, out }, memory };
}

interface Plan {
  readonly pairs: number;
  readonly points: number;
  readonly mean: number;
  /** Inner splits, then twigs. */
  readonly splits: readonly SplitPlan[];
  readonly inner: number;
  /** Nodes of the leaves that are no twig's. */
  readonly leaves: readonly number[];
  /** Index in `Posteriors.values`. */
  readonly shut: number;
}

interface SplitPlan {
  readonly node: number;
  readonly leftShare: number;
  readonly rightShare: number;
  /** Offsets of the children's slots, or null for a twig. */
  readonly children: readonly [number, number] | null;
  readonly ancestor: number;
  readonly leftOfAncestor: boolean;
  /** Index in `Posteriors.values`. */
  readonly open: number;
}

function planTree(forest: Forest, tree: number, posteriors: Posteriors): Plan {
  const first = forest.starts[tree] as number;
  const size = (forest.starts[tree + 1] as number) - first;
  const path = pathsOf(forest, first, size);
  const isLeaf = (node: number) => (forest.feature[node] as number) < 0;
  const children = (node: number) =>
    [forest.left[node] as number, forest.right[node] as number] as const;
  const nodes = Array.from({ length: size }, (_, index) => first + index);
  const splits = nodes.filter((node) => !isLeaf(node));
  const inner = splits.filter((node) => !children(node).every(isLeaf));
  const twigs = splits.filter((node) => children(node).every(isLeaf));
  const leaves = inner.flatMap((node) => children(node).filter(isLeaf));

  const points = Math.ceil(path.mostFeatures / 2);
  const pairs = Math.ceil(points / 2);
  const slot = new Int32Array(size);
  for (const [number, node] of [...inner, ...twigs, ...leaves].entries())
    slot[node - first] = number;
  const slotOffset = (node: number) => (slot[node - first] as number) * pairs * PAIR_BYTES;
  return {
    pairs,
    points,
    mean: path.mean[0] as number,
    splits: [...inner, ...twigs].map((node) => {
      const local = node - first;
      const ancestor = path.ancestor[local] as number;
      const [left, right] = children(node);
      return {
        node,
        leftShare: path.leftShare[local] as number,
        rightShare: path.rightShare[local] as number,
        children: isLeaf(left) && isLeaf(right) ? null : [slotOffset(left), slotOffset(right)],
        ancestor: ancestor < 0 ? 0 : 4 * ((slot[ancestor] as number) + 1),
        leftOfAncestor: path.leftOfAncestor[local] === 1,
        open: posteriors.open(points, path.survival[local] as number),
      };
    }),
    inner: inner.length,
    leaves,
    shut: posteriors.shut(points),
  };
}

/** What the paths of one tree say of its nodes, which are counted from the tree's root on. */
interface Paths {
  /** Nearest split above on the same feature, or −1. */
  readonly ancestor: Int32Array;
  readonly leftOfAncestor: Uint8Array;
  /** The children's shares of the cover. */
  readonly leftShare: Float64Array;
  readonly rightShare: Float64Array;
  /** Share of the cover that the splits above on the same feature leave. */
  readonly survival: Float64Array;
  /** Margin expected by cover. */
  readonly mean: Float64Array;
  /** How many features the path with most of them has. */
  readonly mostFeatures: number;
}

function pathsOf(forest: Forest, first: number, size: number): Paths {
  const parent = new Int32Array(size).fill(-1);
  const features = new Int32Array(size);
  const ancestor = new Int32Array(size).fill(-1);
  const leftOfAncestor = new Uint8Array(size);
  const leftShare = new Float64Array(size);
  const rightShare = new Float64Array(size);
  const survival = new Float64Array(size).fill(1);
  const mean = forest.value.slice(first, first + size);
  let mostFeatures = 0;
  for (let local = 0; local < size; local++) {
    const node = first + local;
    const feature = forest.feature[node] as number;
    if (feature < 0) continue;
    const left = forest.left[node] as number;
    const right = forest.right[node] as number;
    parent[left - first] = local;
    parent[right - first] = local;
    leftShare[local] = shareOf(forest, left, node);
    rightShare[local] = shareOf(forest, right, node);

    let below = local;
    let above = parent[local] as number;
    while (above >= 0 && forest.feature[first + above] !== feature) {
      below = above;
      above = parent[above] as number;
    }
    if (above >= 0) {
      const isLeft = forest.left[first + above] === first + below;
      ancestor[local] = above;
      leftOfAncestor[local] = isLeft ? 1 : 0;
      const passed = (isLeft ? leftShare : rightShare)[above] as number;
      survival[local] = (survival[above] as number) * passed;
    }
    const before = local === 0 ? 0 : (features[parent[local] as number] as number);
    features[local] = before + (above >= 0 ? 0 : 1);
    mostFeatures = Math.max(mostFeatures, features[local] as number);
  }
  for (let local = size - 1; local >= 0; local--) {
    const node = first + local;
    if ((forest.feature[node] as number) < 0) continue;
    const right = mean[(forest.right[node] as number) - first] as number;
    const left = mean[(forest.left[node] as number) - first] as number;
    mean[local] = (leftShare[local] as number) * left + (rightShare[local] as number) * right;
  }
  return { ancestor, leftOfAncestor, leftShare, rightShare, survival, mean, mostFeatures };
}

/** A node that no training row reached says nothing of its children: they count alike. */
function shareOf({ cover }: Forest, child: number, node: number): number {
  const whole = cover[node] as number;
  return whole > 0 ? (cover[child] as number) / whole : 0.5;
}

function isUnusual(forest: Forest, node: number): boolean {
  return (forest.categorySet[node] as number) >= 0 || forest.missing[node] === Missing.zero;
}

function writeSplit(
  view: DataView,
  at: number,
  forest: Forest,
  split: SplitPlan,
  posteriors: number,
): void {
  const { node } = split;
  const threshold = forest.threshold[node] as number;
  const missingLeft =
    forest.missing[node] === Missing.none ? 0 <= threshold : forest.missingLeft[node] === 1;
  const highest = forest.rules === 'xgboost' ? predecessor(threshold) : threshold;
  view.setFloat64(at + RECORD.threshold, highest, true);
  view.setFloat64(at + RECORD.leftShare, split.leftShare, true);
  view.setFloat64(at + RECORD.rightShare, split.rightShare, true);
  if (split.children === null) {
    const left = forest.value[forest.left[node] as number] as number;
    const right = forest.value[forest.right[node] as number] as number;
    view.setFloat64(at + RECORD.leftValue, left, true);
    view.setFloat64(at + RECORD.rightValue, right, true);
  } else {
    view.setInt32(at + RECORD.left, split.children[0], true);
    view.setInt32(at + RECORD.right, split.children[1], true);
  }
  view.setInt32(at + RECORD.feature, 8 * (forest.feature[node] as number), true);
  view.setInt32(at + RECORD.open, posteriors + 8 * split.open, true);
  view.setInt32(at + RECORD.ancestor, split.ancestor, true);
  view.setUint8(at + RECORD.missingLeft, missingLeft ? 1 : 0);
  view.setUint8(at + RECORD.leftOfAncestor, split.leftOfAncestor ? 1 : 0);
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

/**
 * What is known at each point of the quadrature. The splits above on the same feature leave the share
 * s of the cover: with the feature known (and the row agreeing) they are passed with 1, else with s.
 * Where the feature is known with probability x beforehand, it is at the split with
 * x / (x + (1 − x) s), of which s / (x + (1 − x) s)² is the derivative.
 */
class Posteriors {
  /** Of each posterior the known probabilities by point, then the derivatives times the weights. */
  readonly values: number[] = [];
  readonly #starts = new Map<string, number>();

  open(points: number, survival: number): number {
    return this.#start(`${points} ${survival}`, points, () => {
      const { nodes, weights } = gaussLegendre(points);
      const passed = nodes.map((x) => x + (1 - x) * survival);
      return {
        known: nodes.map((x, point) => x / (passed[point] as number)),
        weight: weights.map((w, point) => (w * survival) / (passed[point] as number) ** 2),
      };
    });
  }

  shut(points: number): number {
    const nothing = new Float64Array(points);
    return this.#start(`${points} shut`, points, () => ({ known: nothing, weight: nothing }));
  }

  #start(
    key: string,
    points: number,
    make: () => { readonly known: Float64Array; readonly weight: Float64Array },
  ): number {
    const stored = this.#starts.get(key);
    if (stored !== undefined) return stored;
    const start = this.values.length;
    this.#starts.set(key, start);
    const { known, weight } = make();
    const padding = points % 2 === 1 ? [0] : [];
    this.values.push(...known, ...padding, ...weight, ...padding);
    return start;
  }
}
