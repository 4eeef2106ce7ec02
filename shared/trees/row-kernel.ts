import type { Forest } from './forest.ts';
import type { Kernel, SumPrecision } from './kernel.ts';
import {
  columnBytes,
  depthOf,
  KernelMemory,
  laidOut,
  NODE_BYTES,
  thresholdBytes,
} from './kernel-memory.ts';
import type { RankedForest } from './ranked-forest.ts';

/** Trees that `margin` of evaluate.as walks down in lockstep. */
const LOCKSTEP = 8;

/** Sums of single rows by the kernel. */
export function rowKernel(
  forest: Forest,
  ranked: RankedForest,
  precision: SumPrecision,
  base: number,
): Kernel['sum'] {
  const { featureCount, starts } = forest;
  const { columns } = ranked;
  const size = precision === 'float64' ? 8 : 4;
  const trees = starts.length - 1;
  const groups = Math.ceil(trees / LOCKSTEP);
  const nodes = (forest.feature.length + 1) * NODE_BYTES;
  const { at, length } = laidOut({
    columns: columnBytes(columns),
    row: featureCount * size,
    ranks: columns.length,
    thresholds: thresholdBytes(columns, size),
    roots: groups * LOCKSTEP * 4,
    depths: groups * 4,
    nodes,
    values: nodes,
  });
  const memory = new KernelMemory(length, precision);
  const { words, numbers, exports } = memory;
  memory.writeColumns(columns, at.columns, at.thresholds);
  const addressOf = memory.writeNodes(forest, ranked, at.nodes, at.values);

  // What fills the last group up: a tree of one leaf that adds −0, which changes no sum.
  const nothing = at.nodes + nodes - NODE_BYTES;
  words.set([255 ^ 128, nothing], nothing / 4);
  numbers[(nothing - at.nodes + at.values) / size] = -0;
  for (let tree = 0; tree < groups * LOCKSTEP; tree++) {
    const group = at.depths / 4 + Math.floor(tree / LOCKSTEP);
    words[at.roots / 4 + tree] =
      tree < trees ? (addressOf[starts[tree] as number] as number) : nothing;
    if (tree < trees) words[group] = Math.max(words[group] as number, depthOf(forest, tree));
  }

  const margin = precision === 'float64' ? exports.margin64 : exports.margin32;
  const rounded = precision === 'float64' && forest.rules === 'xgboost';
  const first = at.row / size;
  return (row) => {
    for (let column = 0; column < featureCount; column++) {
      const value = row[column] as number;
      numbers[first + column] = rounded ? Math.fround(value) : value;
    }
    // biome-ignore format: the parameters of evaluate.as
    return margin(at.row, at.columns, columns.length, at.ranks, at.roots, at.depths, groups, at.values - at.nodes, base);
  };
}
