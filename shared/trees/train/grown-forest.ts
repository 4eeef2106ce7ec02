import type { Forest } from '../forest.ts';
import { Missing } from '../forest.ts';
import type { GrownNode } from './grow.ts';
import type { CompleteParameters } from './parameters.ts';

const { fround } = Math;

/** Value of a leaf as the margins add it. */
export function leafValue(node: GrownNode, learningRate: number): number {
  return fround(node.weight * fround(learningRate));
}

/** The forest of trees grown, nodes of each level by level as XGBoost numbers them. */
export function grownForest(
  trees: readonly GrownNode[],
  featureNames: readonly string[],
  baseMargin: number,
  parameters: CompleteParameters,
): Forest {
  const starts = new Int32Array(trees.length + 1);
  const nodes: GrownNode[] = [];
  const left: number[] = [];
  trees.forEach((root, tree) => {
    let next = nodes.length;
    const level = [root];
    next++;
    for (const node of level) {
      nodes.push(node);
      left.push(node.split === null ? -1 : next);
      if (node.split !== null) {
        level.push(node.split.left, node.split.right);
        next += 2;
      }
    }
    starts[tree + 1] = nodes.length;
  });
  const categorySets: Uint32Array[] = [];
  const categorySet = Int32Array.from(nodes, ({ split }) =>
    split?.categories ? categorySets.push(bitSet(split.categories)) - 1 : -1,
  );
  return {
    objective: parameters.objective,
    rules: 'xgboost',
    featureCount: featureNames.length,
    featureNames,
    baseMargin,
    averaged: false,
    starts,
    feature: Int32Array.from(nodes, ({ split }) => split?.column ?? -1),
    threshold: Float64Array.from(nodes, ({ split }) => split?.threshold ?? 0),
    left: Int32Array.from(left),
    right: Int32Array.from(left, (child) => (child < 0 ? -1 : child + 1)),
    missingLeft: Uint8Array.from(nodes, ({ split }) => Number(split?.missingLeft ?? false)),
    missing: new Uint8Array(nodes.length).fill(Missing.nan),
    categorySet,
    categorySets,
    value: Float64Array.from(nodes, (node) =>
      node.split === null ? leafValue(node, parameters.learningRate) : 0,
    ),
    cover: Float64Array.from(nodes, ({ cover }) => fround(cover)),
    gain: Float64Array.from(nodes, ({ split }) => split?.gain ?? 0),
  };
}

function bitSet(categories: readonly number[]): Uint32Array {
  const set = new Uint32Array(Math.floor(Math.max(...categories) / 32) + 1);
  for (const category of categories) {
    const word = Math.floor(category / 32);
    set[word] = ((set[word] as number) | (1 << (category % 32))) >>> 0;
  }
  return set;
}
