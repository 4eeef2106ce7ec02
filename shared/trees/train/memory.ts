import { InvalidRequest } from '../../errors.ts';
import type { ColumnBins } from './column-bins.ts';

/** Columns of a group stand side by side: the bins of one row are one load of 8 bytes. */
export const LANES = 8;
/** Bins of one column in a histogram, whether it has so many or not. */
export const BINS = 256;
/** Gradient and hessian sum, float64 each. */
const BIN_BYTES = 16;
export const COLUMN_BYTES = BINS * BIN_BYTES;
const PAGE_BYTES = 65_536;
const MOST_PAGES = 65_536;
const LINE_BYTES = 64;
/** Nodes that wait to be split keep their histogram, within this much. */
const HISTOGRAM_BYTES = 64 * 2 ** 20;
/** Two siblings and their parent must have one. */
const LEAST_SLOTS = 3;
/** Nodes of one task: two siblings. */
export const TASK_NODES = 2;

/** Where things stand in the memory all threads share. Addresses are in bytes. */
export interface Layout {
  readonly rows: number;
  readonly columns: readonly ColumnBins[];
  readonly groups: readonly ColumnGroup[];
  /** Two float32 a row: gradient, hessian. */
  readonly pairs: number;
  /** Row numbers, uint32: rows of one node stand together, in ascending order. */
  readonly order: number;
  /** As long as `order`. */
  readonly scratch: number;
  /** Three tables of a byte a bin: which go left, which were met on the left, which on the right. */
  readonly sides: number;
  /** A byte a column: whether the tree may split on it. */
  readonly wanted: number;
  readonly control: number;
  readonly task: number;
  readonly found: number;
  readonly histograms: number;
  readonly slots: number;
  readonly pages: number;
}

interface ColumnGroup {
  readonly first: number;
  readonly size: number;
  /** 8 bytes a row. */
  readonly bins: number;
}

/** Words of one node in a task, float64 (see `task.ts`), and of one column's best split. */
export const TASK_WORDS = 16;
export const FOUND_WORDS = 8;
/** Words of the threads' control block, int32. */
export const CONTROL_WORDS = 8;

/** @throws InvalidRequest where more than 4 GiB would be needed */
export function layOut(rows: number, columns: readonly ColumnBins[], nodes: number): Layout {
  let end = 0;
  const take = (bytes: number) => {
    const at = end;
    end = Math.ceil((end + bytes) / LINE_BYTES) * LINE_BYTES;
    return at;
  };
  const groupCount = Math.ceil(columns.length / LANES);
  const groups = Array.from({ length: groupCount }, (_, group) => {
    const first = Math.floor((group * columns.length) / groupCount);
    const next = Math.floor(((group + 1) * columns.length) / groupCount);
    return { first, size: next - first, bins: take(rows * LANES) };
  });
  const histogramBytes = columns.length * COLUMN_BYTES;
  const slots = Math.max(
    LEAST_SLOTS,
    Math.min(nodes, Math.floor(HISTOGRAM_BYTES / histogramBytes)),
  );
  const layout = {
    rows,
    columns,
    groups,
    pairs: take(rows * 8),
    order: take(rows * 4),
    scratch: take(rows * 4),
    sides: take(3 * BINS),
    wanted: take(columns.length),
    control: take(CONTROL_WORDS * 4),
    task: take(TASK_NODES * TASK_WORDS * 8),
    found: take(TASK_NODES * columns.length * FOUND_WORDS * 8),
    slots,
    histograms: take(slots * histogramBytes),
  };
  const pages = Math.ceil(end / PAGE_BYTES);
  if (pages > MOST_PAGES) {
    throw new InvalidRequest(
      `${rows} rows of ${columns.length} columns need ${Math.ceil(end / 2 ** 20)} MiB, more than the 4096 that fit: train on fewer`,
    );
  }
  return { ...layout, pages };
}

/** Address of a column's histogram in a slot. */
export function histogramAt(layout: Layout, slot: number, column: number): number {
  return layout.histograms + (slot * layout.columns.length + column) * COLUMN_BYTES;
}

/** Address of row 0's bin of a column; that of the next row is `LANES` further. */
export function binsOf(layout: Layout, column: number): number {
  const group = layout.groups.findLast(({ first }) => first <= column) as ColumnGroup;
  return group.bins + column - group.first;
}
