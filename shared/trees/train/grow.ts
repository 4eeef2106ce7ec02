import type { ColumnBins } from './column-bins.ts';
import type { Crew } from './crew.ts';
import { trainingKernels } from './kernels.ts';
import { BINS, binsOf, histogramAt } from './memory.ts';
import type { CompleteParameters } from './parameters.ts';
import { categoryOrder, type FoundSplit, leafGain, leafWeight } from './split-search.ts';
import type { TaskBoard, TaskContext, TaskNode } from './task.ts';
import { thresholdBetween } from './threshold.ts';

/** A node of a grown tree; its rows are `begin` to `end` of the order. */
export interface GrownNode {
  readonly begin: number;
  readonly end: number;
  /** Sum of hessians. */
  readonly cover: number;
  /** Leaf weight, before the learning rate. */
  readonly weight: number;
  /** Null for a leaf. */
  split: GrownSplit | null;
}

interface GrownSplit {
  readonly column: number;
  /** Left if value < threshold (float32); 0 of a categorical split. */
  readonly threshold: number;
  readonly missingLeft: boolean;
  /** Category numbers that go right, null of a numeric split. */
  readonly categories: readonly number[] | null;
  readonly gain: number;
  readonly left: GrownNode;
  readonly right: GrownNode;
}

/** A node, and what the search for its split needs to know. */
interface OpenNode {
  readonly node: GrownNode;
  readonly task: Omit<TaskNode, 'slot'>;
}

/** A node with a split to make, and the slot of its histogram if it still has one. */
interface Candidate extends OpenNode {
  readonly depth: number;
  readonly column: number;
  readonly split: FoundSplit;
  /** Bins that go right, null of a numeric split. */
  readonly rightBins: readonly number[] | null;
  readonly slot: number | null;
}

/** XGBoost's `kRtEps`: a smaller gain is none. */
const LEAST_GAIN = 1e-6;

const { fround } = Math;

/** Grows a tree from the gradients in the shared memory, on the columns that are 1 in `wanted`. */
export function treeGrower(
  context: TaskContext,
  board: TaskBoard,
  crew: Crew,
  parameters: CompleteParameters,
): (wanted: Uint8Array) => GrownNode {
  const { memory, layout, rule, monotone } = context;
  const kernels = trainingKernels(memory);
  const bytes = new Uint8Array(memory.buffer);
  const numbers = new Float64Array(memory.buffer);
  const pairs = new Float32Array(memory.buffer, layout.pairs, 2 * layout.rows);
  const order = new Uint32Array(memory.buffer, layout.order, layout.rows);
  const maxLeaves = parameters.maxLeaves ?? Number.POSITIVE_INFINITY;
  const goesLeft = bytes.subarray(layout.sides, layout.sides + BINS);
  const seenLeft = bytes.subarray(layout.sides + BINS, layout.sides + 2 * BINS);
  const seenRight = bytes.subarray(layout.sides + 2 * BINS, layout.sides + 3 * BINS);

  return function grow(wanted) {
    const free = Array.from({ length: layout.slots }, (_, slot) => slot);
    const waiting: Candidate[] = [];
    for (let row = 0; row < layout.rows; row++) order[row] = row;
    const root = rootOf(pairs);
    consider([{ ...root, slot: free.pop() as number }], 0, false);
    for (let leaves = 1; waiting.length > 0 && leaves < maxLeaves; ) {
      const candidate = takeNext(waiting, parameters.grow);
      const children = splitRows(candidate);
      if (children === null || candidate.depth + 1 === parameters.maxDepth) {
        if (candidate.slot !== null) free.push(candidate.slot);
      } else considerChildren(candidate, children);
      if (children !== null) leaves++;
    }
    prune(root.node, fround(parameters.gamma));
    return root.node;

    /** Finds the nodes' best splits and lets those wait that have one. */
    function consider(
      nodes: readonly (OpenNode & { readonly slot: number })[],
      depth: number,
      subtracted: boolean,
    ): void {
      board.post(
        nodes.map(({ task, slot }) => ({ ...task, slot })),
        wanted,
        subtracted,
      );
      crew.run();
      nodes.forEach((open, index) => {
        const best = bestColumn(index);
        if (best.split.gain <= LEAST_GAIN) free.push(open.slot);
        else waiting.push({ ...open, ...best, rightBins: rightBinsOf(open.slot, best), depth });
      });
    }

    function considerChildren(parent: Candidate, [left, right]: readonly [OpenNode, OpenNode]) {
      const size = ({ node }: OpenNode) => node.end - node.begin;
      const [small, large] = size(left) <= size(right) ? [left, right] : [right, left];
      makeRoom();
      const subtracted = parent.slot !== null;
      const nodes = [
        { ...small, slot: free.pop() as number },
        { ...large, slot: parent.slot ?? (free.pop() as number) },
      ];
      consider(nodes, parent.depth + 1, subtracted);
    }

    /** Two slots must be free: the last to be split goes without its histogram, and makes it anew. */
    function makeRoom(): void {
      while (free.length < 2) {
        const at = waiting.findLastIndex(({ slot }) => slot !== null);
        const { slot, ...rest } = waiting[at] as Candidate;
        free.push(slot as number);
        waiting[at] = { ...rest, slot: null };
      }
    }
  };

  /** The column of the best split; of equals the first. */
  function bestColumn(node: number): { column: number; split: FoundSplit } {
    let column = 0;
    let split = board.found(node, 0);
    for (let other = 1; other < layout.columns.length; other++) {
      const found = board.found(node, other);
      if (found.gain > split.gain) {
        split = found;
        column = other;
      }
    }
    return { column, split };
  }

  function rightBinsOf(
    slot: number,
    { column, split }: { column: number; split: FoundSplit },
  ): readonly number[] | null {
    const shape = layout.columns[column] as ColumnBins;
    if (!shape.categorical) return null;
    if (shape.bins < rule.categoriesToGroup) return [split.bin];
    const at = histogramAt(layout, slot, column) / 8;
    return categoryOrder(rule, shape, numbers, at).slice(0, split.bin);
  }

  /** Parts the candidate's rows; null where all turn out to be on one side. */
  function splitRows(candidate: Candidate): readonly [OpenNode, OpenNode] | null {
    const { node, task, column, split, rightBins } = candidate;
    const shape = layout.columns[column] as ColumnBins;
    if (rightBins === null) goesLeft.fill(1, 0, split.bin + 1).fill(0, split.bin + 1);
    else {
      goesLeft.fill(1);
      for (const bin of rightBins) goesLeft[bin] = 0;
    }
    if (shape.missingBin >= 0) goesLeft[shape.missingBin] = Number(split.missingLeft);
    seenLeft.fill(0);
    seenRight.fill(0);
    const middle =
      (kernels.partition(
        binsOf(layout, column),
        layout.order + 4 * node.begin,
        layout.order + 4 * node.end,
        layout.scratch,
        layout.sides,
        layout.sides + BINS,
      ) -
        layout.order) /
      4;
    if (middle === node.begin || middle === node.end) return null;
    const { lower, upper } = task;
    const weightOf = (gradient: number, hessian: number) =>
      leafWeight(rule, gradient, hessian, lower, upper);
    const leftWeight = weightOf(split.leftGradient, split.leftHessian);
    const rightWeight = weightOf(split.rightGradient, split.rightHessian);
    const between = fround((leftWeight + rightWeight) / 2);
    const direction = monotone[column] ?? 0;
    const left = child(
      node.begin,
      middle,
      split.leftGradient,
      split.leftHessian,
      leftWeight,
      task,
      {
        lower: direction < 0 ? between : lower,
        upper: direction > 0 ? between : upper,
      },
    );
    const right = child(
      middle,
      node.end,
      split.rightGradient,
      split.rightHessian,
      rightWeight,
      task,
      {
        lower: direction > 0 ? between : lower,
        upper: direction < 0 ? between : upper,
      },
    );
    node.split = {
      column,
      threshold: rightBins === null ? thresholdBetween(shape, seenLeft, seenRight) : 0,
      missingLeft: split.missingLeft,
      categories: rightBins?.map((bin) => shape.lows[bin] as number) ?? null,
      gain: split.gain,
      left: left.node,
      right: right.node,
    };
    return [left, right];
  }

  /** XGBoost takes a child's own gain within its parent's bounds. */
  function child(
    begin: number,
    end: number,
    gradient: number,
    hessian: number,
    weight: number,
    parent: { readonly lower: number; readonly upper: number },
    bounds: { readonly lower: number; readonly upper: number },
  ): OpenNode {
    const gain = leafGain(rule, gradient, hessian, parent.lower, parent.upper);
    return {
      node: { begin, end, cover: hessian, weight, split: null },
      task: { begin, end, gradient, hessian, gain, ...bounds },
    };
  }

  function rootOf(pairs: Float32Array): OpenNode {
    let gradient = 0;
    let hessian = 0;
    for (let i = 0; i < pairs.length; i += 2) {
      gradient += pairs[i] as number;
      hessian += pairs[i + 1] as number;
    }
    const free = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
    const weight = leafWeight(rule, gradient, hessian, free.lower, free.upper);
    return child(0, layout.rows, gradient, hessian, weight, free, free);
  }
}

/** Depth-wise the one that waits longest, leaf-wise that of the highest gain. */
function takeNext(waiting: Candidate[], grow: CompleteParameters['grow']): Candidate {
  let at = 0;
  if (grow === 'leaf-wise') {
    waiting.forEach(({ split }, index) => {
      if (split.gain > (waiting[at] as Candidate).split.gain) at = index;
    });
  }
  return waiting.splice(at, 1)[0] as Candidate;
}

/** Undoes, from the leaves upwards, the splits that gain less than `gamma`. */
function prune(node: GrownNode, gamma: number): void {
  const { split } = node;
  if (split === null) return;
  prune(split.left, gamma);
  prune(split.right, gamma);
  const last = split.left.split === null && split.right.split === null;
  if (last && split.gain < gamma) node.split = null;
}
