import type { Forest } from './forest.ts';
import type { Numbers, SumPrecision } from './kernel.ts';
import { WASM } from './kernels/evaluate.wasm.ts';
import type { RankColumn, RankedForest } from './ranked-forest.ts';

/** Functions of evaluate.as, one of each for float32 and float64. */
interface Exports {
  margin32: (...parameters: number[]) => number;
  margin64: (...parameters: number[]) => number;
  margins32: (...parameters: number[]) => void;
  margins64: (...parameters: number[]) => void;
}

export const NODE_BYTES = 8;
const COLUMN_BYTES = 40;
/** Thresholds that the kernel compares at once. */
const GROUP = 16;
const ALIGNMENT = 64;
const PAGE = 65_536;

let compiled: WebAssembly.Module | null | undefined;

/** The kernel compiled once a process; null where there is no WebAssembly with SIMD. */
export function kernelModule(): WebAssembly.Module | null {
  if (compiled !== undefined) return compiled;
  const bytes = Buffer.from(WASM, 'base64');
  const supported = typeof WebAssembly === 'object' && WebAssembly.validate(bytes);
  compiled = supported ? new WebAssembly.Module(bytes) : null;
  return compiled;
}

/** Addresses of the parts of a memory, by their sizes in bytes, and how long it is. */
export function laidOut<Part extends string>(
  sizes: Readonly<Record<Part, number>>,
): { readonly at: Readonly<Record<Part, number>>; readonly length: number } {
  const at = {} as Record<Part, number>;
  let length = 0;
  for (const [part, bytes] of Object.entries<number>(sizes)) {
    at[part as Part] = length;
    length += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  }
  return { at, length };
}

/** The kernel in a memory of its own, with views for writing what its functions read. */
export class KernelMemory {
  readonly exports: Exports;
  readonly words: Uint32Array;
  readonly halves: Uint16Array;
  /** Values, thresholds, leaves and sums: float32 or float64. */
  readonly numbers: Numbers;
  /** Bytes of one of `numbers`. */
  readonly size: 4 | 8;

  constructor(length: number, precision: SumPrecision) {
    const module = kernelModule();
    if (module === null) throw new Error('this machine has no WebAssembly with SIMD');
    const memory = new WebAssembly.Memory({ initial: Math.ceil(length / PAGE) });
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    this.exports = instance.exports as unknown as Exports;
    this.words = new Uint32Array(memory.buffer);
    this.halves = new Uint16Array(memory.buffer);
    this.size = precision === 'float64' ? 8 : 4;
    this.numbers = new (precision === 'float64' ? Float64Array : Float32Array)(memory.buffer);
  }

  /** Writes the columns at `address`, what they search at `thresholds`. */
  writeColumns(columns: readonly RankColumn[], address: number, thresholds: number): void {
    const doubles = new Float64Array(this.words.buffer);
    let search = thresholds;
    for (const [index, column] of columns.entries()) {
      const at = address + index * COLUMN_BYTES;
      const { feature, categories, missingRank, memberRank } = column;
      this.words.set([feature, search, categories?.length ?? 0, missingRank, memberRank], at / 4);
      doubles[at / 8 + 3] = column.missingBound;
      doubles[at / 8 + 4] = column.leastCategory;
      if (categories) this.words.set(categories, search / 4);
      else this.#writeThresholds(column.thresholds, search / this.size);
      search += searchBytes(column, this.size);
    }
  }

  /** Pivots, then thresholds: see Column of evaluate.as. */
  #writeThresholds(thresholds: Float64Array, first: number): void {
    this.numbers.fill(Number.NaN, first, first + searchNumbers(thresholds));
    this.numbers.set(thresholds, first + GROUP);
    for (let last = GROUP - 1; last < thresholds.length; last += GROUP)
      this.numbers[first + (last - GROUP + 1) / GROUP] = thresholds[last] as number;
  }

  /**
   * Writes the trees at `address`, breadth first, so that siblings stand together, and their leaf
   * values as far from the nodes as `values` is from `address`.
   * @returns the address of each node
   */
  writeNodes(forest: Forest, ranked: RankedForest, address: number, values: number): Uint32Array {
    const { feature, left, right, value, starts } = forest;
    const addressOf = new Uint32Array(feature.length);
    const queue = new Uint32Array(feature.length);
    let free = address;
    for (let tree = 0; tree + 1 < starts.length; tree++) {
      queue[0] = starts[tree] as number;
      addressOf[queue[0]] = free;
      free += NODE_BYTES;
      for (let taken = 0, filled = 1; taken < filled; taken++) {
        const node = queue[taken] as number;
        const at = addressOf[node] as number;
        const isSplit = (feature[node] as number) >= 0;
        this.words[at / 4] = splitWord(ranked, node, 1);
        this.words[at / 4 + 1] = isSplit ? free : at;
        this.numbers[(at - address + values) / this.size] = value[node] as number;
        if (!isSplit) continue;
        addressOf[left[node] as number] = free;
        addressOf[right[node] as number] = free + NODE_BYTES;
        queue[filled] = left[node] as number;
        queue[filled + 1] = right[node] as number;
        filled += 2;
        free += 2 * NODE_BYTES;
      }
    }
    return addressOf;
  }
}

/** Offset of the ranks of a split's column, and its rank as a signed byte. */
export function splitWord({ column, rank }: RankedForest, node: number, stride: number): number {
  return (column[node] as number) * stride * 256 + ((rank[node] as number) ^ 128);
}

export function columnBytes(columns: readonly RankColumn[]): number {
  return columns.length * COLUMN_BYTES;
}

/** Of all that the columns search. */
export function thresholdBytes(columns: readonly RankColumn[], size: number): number {
  return columns.reduce((bytes, column) => bytes + searchBytes(column, size), 0);
}

/** 16 pivots, and the groups up to the one that holds what is above all full groups. */
function searchNumbers(thresholds: Float64Array): number {
  return (2 + Math.floor(thresholds.length / GROUP)) * GROUP;
}

function searchBytes({ categories, thresholds }: RankColumn, size: number): number {
  const bytes = categories ? categories.length * 4 : searchNumbers(thresholds) * size;
  return Math.ceil(bytes / 8) * 8;
}

/** Children stand after their parents, so one pass is enough. */
export function depthOf(forest: Forest, tree: number): number {
  const start = forest.starts[tree] as number;
  const end = forest.starts[tree + 1] as number;
  const depths = new Uint32Array(end - start);
  let deepest = 0;
  for (let node = start; node < end; node++) {
    if ((forest.feature[node] as number) < 0) continue;
    const below = (depths[node - start] as number) + 1;
    depths[(forest.left[node] as number) - start] = below;
    depths[(forest.right[node] as number) - start] = below;
    deepest = Math.max(deepest, below);
  }
  return deepest;
}
