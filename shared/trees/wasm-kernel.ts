import type { Kernel, Numbers, SumPrecision } from './evaluate.ts';
import type { Forest } from './forest.ts';
import { WASM } from './kernels/evaluate.wasm.ts';
import { type RankColumn, rankForest } from './ranked-forest.ts';
import { type SelectionProgram, selectionProgram } from './selection-program.ts';

/** Rows that the kernel takes at a time: BLOCK of evaluate.as. */
const BLOCK = 32;
const CHUNK = 16 * BLOCK;
/** Trees in lockstep: the roots of a group of evaluate.as. */
const LOCKSTEP = 8;
/** Above this, walking down a balanced tree costs less than selecting from all of its leaves. */
const MOST_SELECTED_LEAVES = 128;
/** A column's ranks stand at a byte offset of 24 bits. */
const MOST_COLUMNS = 2 ** 24 / BLOCK;
const COLUMN_BYTES = 40;
const TREE_BYTES = 20;
const NODE_BYTES = 8;
const SLOT_BYTES = 512 * BLOCK;

let compiled: WebAssembly.Module | null | undefined;

/** The kernel compiled once a process; null where there is no WebAssembly with SIMD. */
function kernelModule(): WebAssembly.Module | null {
  if (compiled !== undefined) return compiled;
  const bytes = Buffer.from(WASM, 'base64');
  const supported = typeof WebAssembly === 'object' && WebAssembly.validate(bytes);
  compiled = supported ? new WebAssembly.Module(bytes) : null;
  return compiled;
}

/** Under LightGBM's rules values are float64, and the kernel sums in the type of its values. */
export function runsHere(forest: Forest, precision: SumPrecision): boolean {
  if (forest.rules === 'lightgbm' && precision === 'float32') return false;
  return kernelModule() !== null;
}

interface Exports {
  margin32: (...addresses: number[]) => number;
  margin64: (...addresses: number[]) => number;
  margins32: (...addresses: number[]) => void;
  margins64: (...addresses: number[]) => void;
}

/** Lays a forest out in a WebAssembly memory of its own, which holds all that a call needs. */
export function wasmKernel(forest: Forest, precision: SumPrecision, base: number): Kernel {
  const module = kernelModule();
  if (module === null) throw new Error('this machine has no WebAssembly with SIMD');
  const { featureCount } = forest;
  const wide = precision === 'float64';
  const size = wide ? 8 : 4;
  const { columns, column, rank } = rankForest(forest);
  if (columns.length >= MOST_COLUMNS) throw new Error(`${columns.length} columns are too many`);
  const trees = forest.starts.length - 1;
  const groups = Math.ceil(trees / LOCKSTEP);
  const programs = Array.from({ length: trees }, (_, tree) =>
    selectionProgram(forest, tree, MOST_SELECTED_LEAVES),
  );

  const arena = new Arena();
  const at = {
    columns: arena.take(columns.length * COLUMN_BYTES),
    nodes: arena.take((forest.feature.length + trees + 2) * NODE_BYTES),
    roots: arena.take(groups * LOCKSTEP * 4),
    depths: arena.take(groups * 4),
    thresholds: arena.take(sum(columns.map((one) => searchBytes(one, size)))),
    row: arena.take(featureCount * size),
    rowRanks: arena.take(columns.length),
    nodeValues: arena.take((forest.feature.length + trees + 2) * NODE_BYTES),
    trees: arena.take(trees * TREE_BYTES),
    programs: arena.take(
      sum(programs.map((one) => (one ? one.pairs.length * 4 + one.joins.length * 8 : 0))),
    ),
    leaves: arena.take(sum(programs.map((one) => (one ? one.leaves.length * size : 0)))),
    slots: arena.take(SLOT_BYTES),
    blockRanks: arena.take(columns.length * BLOCK),
    sums: arena.take(CHUNK * size),
    rows: arena.take(CHUNK * featureCount * size),
  };
  const memory = new WebAssembly.Memory({ initial: Math.ceil(arena.length / 65_536) });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernel = exports as unknown as Exports;
  const view = new DataView(memory.buffer);
  const put = (address: number, value: number) =>
    wide ? view.setFloat64(address, value, true) : view.setFloat32(address, value, true);

  writeColumns();
  const addressOf = writeNodes();
  writeRoots();
  writeTrees();

  const numbers: Numbers = wide ? new Float64Array(memory.buffer) : new Float32Array(memory.buffer);
  const firstOfRow = at.row / size;
  const firstOfRows = at.rows / size;
  const leafValues = at.nodeValues - at.nodes;
  const margin = wide ? kernel.margin64 : kernel.margin32;
  const margins = wide ? kernel.margins64 : kernel.margins32;
  const rounded = wide && forest.rules === 'xgboost';

  return {
    name: 'wasm-simd',
    sum(row) {
      for (let cell = 0; cell < featureCount; cell++) {
        const value = row[cell] as number;
        numbers[firstOfRow + cell] = rounded ? Math.fround(value) : value;
      }
      // biome-ignore format: the arguments of evaluate.as
      return margin(at.row, at.columns, columns.length, at.rowRanks, at.roots, at.depths, groups, leafValues, base);
    },
    sums(rows, count, out) {
      for (let done = 0; done < count; done += CHUNK) {
        const taken = Math.min(CHUNK, count - done);
        const chunk = rows.subarray(done * featureCount, (done + taken) * featureCount);
        numbers.set(chunk, firstOfRows);
        if (rounded && chunk instanceof Float64Array)
          for (let cell = 0; cell < chunk.length; cell++)
            numbers[firstOfRows + cell] = Math.fround(chunk[cell] as number);
        // biome-ignore format: the arguments of evaluate.as
        margins(at.rows, featureCount, Math.ceil(taken / BLOCK), at.columns, columns.length, at.blockRanks, at.trees, trees, at.programs, at.slots, leafValues, base, at.sums);
        out.set(numbers.subarray(at.sums / size, at.sums / size + taken), done);
      }
    },
  };

  function writeColumns(): void {
    let thresholds = at.thresholds;
    for (const [index, one] of columns.entries()) {
      const address = at.columns + index * COLUMN_BYTES;
      const words = one.categories?.length ?? 0;
      view.setUint32(address, one.feature, true);
      view.setUint32(address + 4, thresholds, true);
      view.setUint32(address + 8, levelsOf(one), true);
      view.setUint32(address + 12, words, true);
      view.setUint32(address + 16, one.missingRank, true);
      view.setUint32(address + 20, one.memberRank, true);
      view.setFloat64(address + 24, one.missingBound, true);
      view.setFloat64(address + 32, one.leastCategory, true);
      for (let word = 0; word < words; word++)
        view.setUint32(thresholds + word * 4, one.categories?.[word] as number, true);
      if (one.categories === null)
        for (let entry = 0; entry < 2 ** levelsOf(one) - 1; entry++)
          put(thresholds + entry * size, one.thresholds[entry] ?? Number.NaN);
      thresholds += searchBytes(one, size);
    }
  }

  /** Trees breadth first, so that siblings stand together. @returns the address of each node */
  function writeNodes(): Uint32Array {
    const addresses = new Uint32Array(forest.feature.length);
    let free = at.nodes;
    for (let tree = 0; tree < trees; tree++) {
      const root = forest.starts[tree] as number;
      addresses[root] = free;
      free += NODE_BYTES;
      for (const node of breadthFirst(forest, root)) {
        const address = addresses[node] as number;
        const split = (forest.feature[node] as number) >= 0;
        view.setUint32(address, splitWord(node, 1), true);
        view.setUint32(address + 4, split ? free : address, true);
        put(address - at.nodes + at.nodeValues, forest.value[node] as number);
        if (!split) continue;
        addresses[forest.left[node] as number] = free;
        addresses[forest.right[node] as number] = free + NODE_BYTES;
        free += 2 * NODE_BYTES;
      }
    }
    return addresses;
  }

  /** Offset of the column's ranks, and the rank as a signed byte. */
  function splitWord(node: number, stride: number): number {
    return (column[node] as number) * stride * 256 + ((rank[node] as number) ^ 128);
  }

  function writeRoots(): void {
    // What fills the last group up: a tree of one leaf that adds −0, which changes no sum.
    const nothing = at.nodes + (forest.feature.length + 1) * NODE_BYTES;
    view.setUint32(nothing, 255 ^ 128, true);
    view.setUint32(nothing + 4, nothing, true);
    put(nothing - at.nodes + at.nodeValues, -0);
    for (let tree = 0; tree < groups * LOCKSTEP; tree++) {
      const root = tree < trees ? addressOf[forest.starts[tree] as number] : nothing;
      view.setUint32(at.roots + tree * 4, root as number, true);
    }
    for (let group = 0; group < groups; group++) {
      let deepest = 0;
      for (let tree = group * LOCKSTEP; tree < Math.min(trees, (group + 1) * LOCKSTEP); tree++)
        deepest = Math.max(deepest, depthOf(forest, tree));
      view.setUint32(at.depths + group * 4, deepest, true);
    }
  }

  function writeTrees(): void {
    let program = at.programs;
    let leaf = at.leaves;
    for (const [tree, one] of programs.entries()) {
      const address = at.trees + tree * TREE_BYTES;
      if (one === null) {
        const root = addressOf[forest.starts[tree] as number] as number;
        view.setUint32(address + 12, root, true);
        view.setUint32(address + 16, depthOf(forest, tree), true);
        continue;
      }
      program = writeProgram(one, program);
      view.setUint32(address, one.pairs.length, true);
      view.setUint32(address + 4, one.joins.length, true);
      view.setUint32(address + 8, one.result * BLOCK, true);
      view.setUint32(address + 12, leaf, true);
      for (const node of one.leaves) {
        put(leaf, forest.value[node] as number);
        leaf += size;
      }
    }
  }

  function writeProgram(program: SelectionProgram, start: number): number {
    let address = start;
    for (const node of program.pairs) {
      view.setUint32(address, splitWord(node, BLOCK), true);
      address += 4;
    }
    for (const { node, left, right } of program.joins) {
      view.setUint32(address, splitWord(node, BLOCK), true);
      view.setUint16(address + 4, left * BLOCK, true);
      view.setUint16(address + 6, right * BLOCK, true);
      address += 8;
    }
    return address;
  }
}

/** Hands out addresses of one memory, each a multiple of 64. */
class Arena {
  length = 64;

  take(bytes: number): number {
    const address = this.length;
    this.length += Math.ceil(bytes / 64) * 64;
    return address;
  }
}

function levelsOf(column: RankColumn): number {
  return Math.ceil(Math.log2(column.thresholds.length + 1));
}

function searchBytes(column: RankColumn, size: number): number {
  const entries = column.categories?.length ?? 2 ** levelsOf(column);
  return Math.ceil((entries * (column.categories ? 4 : size)) / 8) * 8;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function* breadthFirst(forest: Forest, root: number): Generator<number> {
  const queue = [root];
  for (const node of queue) {
    yield node;
    if ((forest.feature[node] as number) >= 0)
      queue.push(forest.left[node] as number, forest.right[node] as number);
  }
}

/** Children stand after their parents, so one pass is enough. */
function depthOf(forest: Forest, tree: number): number {
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
