import type { Forest } from './forest.ts';
import type { Kernel, SumPrecision } from './kernel.ts';
import {
  columnBytes,
  depthOf,
  KernelMemory,
  laidOut,
  NODE_BYTES,
  splitWord,
  thresholdBytes,
} from './kernel-memory.ts';
import type { RankedForest } from './ranked-forest.ts';
import { selectionProgram } from './selection-program.ts';

/** Rows that `margins` of evaluate.as takes at a time, one byte each in a slot. */
export const BLOCK = 64;
/** Values that are copied to the kernel at a time, about; at least one block of rows. */
const CHUNK_VALUES = 2 ** 17;
const SLOTS = 512;
const TREE_WORDS = 5;
/** Above this, walking down a balanced tree costs less than selecting from all of its leaves. */
const MOST_SELECTED_LEAVES = 128;

/** Sums of many rows by the kernel. */
export function batchKernel(
  forest: Forest,
  ranked: RankedForest,
  precision: SumPrecision,
  base: number,
): Kernel['sums'] {
  const { featureCount, starts } = forest;
  const { columns } = ranked;
  const size = precision === 'float64' ? 8 : 4;
  const trees = starts.length - 1;
  const chunk = BLOCK * Math.max(1, Math.floor(CHUNK_VALUES / (BLOCK * Math.max(1, featureCount))));
  const nodes = forest.feature.length * NODE_BYTES;
  const { at, length } = laidOut({
    columns: columnBytes(columns),
    thresholds: thresholdBytes(columns, size),
    ranks: columns.length * BLOCK,
    slots: SLOTS * BLOCK,
    trees: trees * TREE_WORDS * 4,
    programs: nodes,
    leaves: forest.feature.length * size,
    nodes,
    values: nodes,
    sums: chunk * size,
    rows: chunk * featureCount * size,
  });
  const memory = new KernelMemory(length, precision);
  const { words, halves, numbers, exports } = memory;
  memory.writeColumns(columns, at.columns, at.thresholds);
  const addressOf = memory.writeNodes(forest, ranked, at.nodes, at.values);
  let program = at.programs;
  let leaf = at.leaves;
  for (let tree = 0; tree < trees; tree++) {
    const steps = selectionProgram(forest, tree, MOST_SELECTED_LEAVES);
    const record = at.trees / 4 + tree * TREE_WORDS;
    if (steps === null) {
      const root = addressOf[starts[tree] as number] as number;
      words.set([0, 0, 0, root, depthOf(forest, tree)], record);
      continue;
    }
    const { pairs, joins, leaves, result } = steps;
    words.set([pairs.length, joins.length, result * BLOCK, leaf, 0], record);
    for (const node of pairs) {
      words[program / 4] = splitWord(ranked, node, BLOCK);
      program += 4;
    }
    for (const { node, left, right } of joins) {
      words[program / 4] = splitWord(ranked, node, BLOCK);
      halves[program / 2 + 2] = left * BLOCK;
      halves[program / 2 + 3] = right * BLOCK;
      program += 8;
    }
    for (const node of leaves) {
      numbers[leaf / size] = forest.value[node] as number;
      leaf += size;
    }
  }

  const margins = precision === 'float64' ? exports.margins64 : exports.margins32;
  const rounded = precision === 'float64' && forest.rules === 'xgboost';
  const sums = numbers.subarray(at.sums / size, at.sums / size + chunk);
  return (rows, count, out) => {
    for (let done = 0; done < count; done += chunk) {
      const taken = Math.min(chunk, count - done);
      const values = rows.subarray(done * featureCount, (done + taken) * featureCount);
      numbers.set(rounded ? Float32Array.from(values) : values, at.rows / size);
      // biome-ignore format: the parameters of evaluate.as
      margins(at.rows, featureCount, Math.ceil(taken / BLOCK), at.columns, columns.length, at.ranks, at.trees, trees, at.programs, at.slots, at.values - at.nodes, base, at.sums);
      out.set(taken === chunk ? sums : sums.subarray(0, taken), done);
    }
  };
}
