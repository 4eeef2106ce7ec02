import type { Forest } from './forest.ts';

/**
 * How the kernel finds the leaves of one tree for many rows without branches: from the leaves up,
 * each split chooses between the results of its children. Results are numbered slots; the first 256
 * hold the numbers of the leaves themselves.
 */
export interface SelectionProgram {
  /** Splits over two leaves; the k-th writes slot 256 + k, its leaves have numbers 2k and 2k + 1. */
  readonly pairs: readonly number[];
  /** The other splits, children before parents; they write the slots that follow. */
  readonly joins: readonly { node: number; left: number; right: number }[];
  /** Nodes of the leaves, by number. */
  readonly leaves: readonly number[];
  /** Slot of the root. */
  readonly result: number;
}

const LEAF_SLOTS = 256;

/** @returns null for a tree with more leaves than `mostLeaves` (at most 256) */
export function selectionProgram(
  forest: Forest,
  tree: number,
  mostLeaves: number,
): SelectionProgram | null {
  const start = forest.starts[tree] as number;
  const end = forest.starts[tree + 1] as number;
  if ((end - start + 1) / 2 > mostLeaves) return null;
  const isLeaf = (node: number) => (forest.feature[node] as number) < 0;
  const slots = new Map<number, number>();
  const leaves: number[] = [];
  const pairs: number[] = [];
  const others: number[] = [];
  for (let node = end - 1; node >= start; node--) {
    if (isLeaf(node)) continue;
    const children = [forest.left[node] as number, forest.right[node] as number];
    if (children.every(isLeaf)) {
      slots.set(node, LEAF_SLOTS + pairs.length);
      pairs.push(node);
      leaves.push(...children);
    } else others.push(node);
  }
  const slotOf = (node: number) => {
    const slot = slots.get(node);
    return slot === undefined ? leaves.push(node) - 1 : slot;
  };
  const joins = others.map((node, index) => {
    const left = slotOf(forest.left[node] as number);
    const right = slotOf(forest.right[node] as number);
    slots.set(node, LEAF_SLOTS + pairs.length + index);
    return { node, left, right };
  });
  return { pairs, joins, leaves, result: slotOf(start) };
}
