import { trainingKernels } from './kernels.ts';
import {
  BINS,
  COLUMN_BYTES,
  FOUND_WORDS,
  histogramAt,
  type Layout,
  TASK_NODES,
  TASK_WORDS,
} from './memory.ts';
import { type FoundSplit, type NodeSums, type SplitRule, searchSplit } from './split-search.ts';

/** What every thread needs to work on tasks: structured-cloneable. */
export interface TaskContext {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;
  readonly rule: SplitRule;
  readonly monotone: readonly (-1 | 0 | 1)[];
}

/** A node whose histogram is to be made and searched. */
export interface TaskNode extends NodeSums {
  readonly slot: number;
  /** Rows in the order, counted from its begin. */
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads and writes the current task in the shared memory, and does one group of columns of it.
 * Histograms of different columns share nothing, so the result does not depend on who does which.
 */
export interface TaskBoard {
  /** Offers one node, or two siblings: the second's slot then holds their parent's histogram. */
  readonly post: (nodes: readonly TaskNode[], columns: Uint8Array, subtracted: boolean) => void;
  readonly doGroup: (group: number) => void;
  /** Best split of the node by each column, in column order; of gain 0 where there is none. */
  readonly found: (node: number, column: number) => FoundSplit;
}

export function taskBoard(context: TaskContext): TaskBoard {
  const { memory, layout, rule, monotone } = context;
  const kernels = trainingKernels(memory);
  const numbers = new Float64Array(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  const columnCount = layout.columns.length;
  const best: FoundSplit = {
    gain: 0,
    bin: 0,
    missingLeft: false,
    leftGradient: 0,
    leftHessian: 0,
    rightGradient: 0,
    rightHessian: 0,
  };
  const taskAt = (node: number) => layout.task / 8 + node * TASK_WORDS;
  const foundAt = (node: number, column: number) =>
    layout.found / 8 + (node * columnCount + column) * FOUND_WORDS;

  function post(nodes: readonly TaskNode[], columns: Uint8Array, subtracted: boolean): void {
    bytes.set(columns, layout.wanted);
    for (let node = 0; node < TASK_NODES; node++) {
      const { slot, begin, end, gradient, hessian, gain, lower, upper } = nodes[node] ?? nothing;
      const given = Number(subtracted && node === 1);
      numbers.set([slot, begin, end, given, gradient, hessian, gain, lower, upper], taskAt(node));
    }
  }

  function doGroup(group: number): void {
    const { first, size, bins } = layout.groups[group] as Layout['groups'][number];
    let sibling = 0;
    for (let node = 0; node < TASK_NODES; node++) {
      const task = taskAt(node);
      const slot = numbers[task] as number;
      if (slot < 0) return;
      const histogram = histogramAt(layout, slot, first);
      if (numbers[task + 3] === 1) {
        for (let column = first; column < first + size; column++) {
          const own = histogramAt(layout, slot, column);
          const used = 16 * binCount(layout, column);
          kernels.subtract(own, histogramAt(layout, sibling, column), own + used);
        }
      } else {
        numbers.fill(0, histogram / 8, (histogram + size * COLUMN_BYTES) / 8);
        const begin = layout.order + 4 * (numbers[task + 1] as number);
        const end = layout.order + 4 * (numbers[task + 2] as number);
        kernels.addRows(bins, layout.pairs, begin, end, histogram, size);
      }
      sibling = slot;
      const sums: NodeSums = {
        gradient: numbers[task + 4] as number,
        hessian: numbers[task + 5] as number,
        gain: numbers[task + 6] as number,
        lower: numbers[task + 7] as number,
        upper: numbers[task + 8] as number,
      };
      for (let column = first; column < first + size; column++) {
        search(node, column, sums, histogramAt(layout, slot, column) / 8);
      }
    }
  }

  function search(node: number, column: number, sums: NodeSums, histogram: number): void {
    const at = foundAt(node, column);
    numbers[at] = 0;
    if (bytes[layout.wanted + column] === 0) return;
    const direction = monotone[column] ?? 0;
    const shape = layout.columns[column] as Layout['columns'][number];
    searchSplit(rule, shape, direction, sums, numbers, histogram, best);
    numbers[at] = best.gain;
    numbers[at + 1] = best.bin;
    numbers[at + 2] = Number(best.missingLeft);
    numbers[at + 3] = best.leftGradient;
    numbers[at + 4] = best.leftHessian;
    numbers[at + 5] = best.rightGradient;
    numbers[at + 6] = best.rightHessian;
  }

  function found(node: number, column: number): FoundSplit {
    const at = foundAt(node, column);
    return {
      gain: numbers[at] as number,
      bin: numbers[at + 1] as number,
      missingLeft: numbers[at + 2] === 1,
      leftGradient: numbers[at + 3] as number,
      leftHessian: numbers[at + 4] as number,
      rightGradient: numbers[at + 5] as number,
      rightHessian: numbers[at + 6] as number,
    };
  }

  return { post, doGroup, found };
}

function binCount(layout: Layout, column: number): number {
  const { bins, missingBin } = layout.columns[column] as Layout['columns'][number];
  return missingBin < 0 ? bins : Math.min(BINS, bins + 1);
}

const nothing: TaskNode = {
  slot: -1,
  begin: 0,
  end: 0,
  gradient: 0,
  hessian: 0,
  gain: 0,
  lower: 0,
  upper: 0,
};
