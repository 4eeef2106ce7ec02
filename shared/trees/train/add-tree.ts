import type { GrownNode } from './grow.ts';
import { leafValue } from './grown-forest.ts';

const { fround } = Math;

/** Adds the tree to the margins of the rows it was grown on, which its nodes have in `order`. */
export function addLeaves(
  node: GrownNode,
  order: Uint32Array,
  learningRate: number,
  margins: Float32Array,
): void {
  if (node.split !== null) {
    addLeaves(node.split.left, order, learningRate, margins);
    addLeaves(node.split.right, order, learningRate, margins);
    return;
  }
  const value = leafValue(node, learningRate);
  for (let at = node.begin; at < node.end; at++) {
    const row = order[at] as number;
    margins[row] = (margins[row] as number) + value;
  }
}

/** Adds the tree to the margins of other rows. */
export function addTree(
  tree: GrownNode,
  columns: readonly Float32Array[],
  learningRate: number,
  margins: Float32Array,
): void {
  for (let row = 0; row < margins.length; row++) {
    let node = tree;
    while (node.split !== null) {
      const { column, threshold, missingLeft, categories, left, right } = node.split;
      const value = (columns[column] as Float32Array)[row] as number;
      const goesLeft = Number.isNaN(value)
        ? missingLeft
        : categories === null
          ? value < threshold
          : !categories.includes(value);
      node = goesLeft ? left : right;
    }
    margins[row] = fround((margins[row] as number) + leafValue(node, learningRate));
  }
}
