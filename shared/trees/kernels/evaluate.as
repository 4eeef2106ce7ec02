// Evaluates a ranked forest (ranked-forest.ts): a row's values become ranks, one byte a column, and
// every split is `rank of the row > rank of the split`. Layouts are written by wasm-kernel.ts. Sums
// go in tree order, as in the library whose rules the forest follows.
//
// Ranks are kept less 128, since signed bytes are what the machine compares in vectors.
// T is the type of values, thresholds, leaves and sums: f32 or f64.

const BLOCK: u32 = 64; // rows of a block: four vectors of 16 ranks
const CONSTANT_SLOTS: u32 = 256; // of the scratch: slot i holds 64 times the byte i

const GROUP: u32 = 16; // thresholds that are compared at once

/**
 * Column: 16 pivots, the last of every full group of thresholds, then the groups; both padded with
 * NaN, which is ≤ nothing.
 */
@unmanaged class Column {
  feature: u32;
  thresholds: u32; // pointer; of a categorical column to the words of its set
  words: u32; // of the category set; 0 for a numeric column
  missingRank: u32;
  memberRank: u32; // of a category in the set
  missingBound: f64; // a value with |x| ≤ this is missing; −1 where none is
  leastCategory: f64;
}

@inline function rank<T>(column: Column, value: T): u32 {
  const missing = !(abs(value) > <T>column.missingBound);
  if (column.words != 0) return missing ? column.missingRank : categoryRank<T>(column, value);
  const full = countUpTo<T>(column.thresholds, value);
  const group = column.thresholds + (full + 1) * GROUP * <u32>sizeof<T>();
  const below = full * GROUP + countUpTo<T>(group, value);
  return select<u32>(column.missingRank, below, missing);
}

/** How many of the 16 numbers at `address` are ≤ `value`. */
@inline function countUpTo<T>(address: u32, value: T): u32 {
  if (sizeof<T>() == 4) {
    const all = f32x4.splat(<f32>value);
    const a = f32x4.le(v128.load(address), all);
    const b = f32x4.le(v128.load(address, 16), all);
    const c = f32x4.le(v128.load(address, 32), all);
    const d = f32x4.le(v128.load(address, 48), all);
    const low = i16x8.narrow_i32x4_s(a, b);
    const high = i16x8.narrow_i32x4_s(c, d);
    return popcnt<u32>(i8x16.bitmask(i8x16.narrow_i16x8_s(low, high)));
  }
  const all = f64x2.splat(<f64>value);
  let count = f64x2.le(v128.load(address), all);
  count = i64x2.add(count, f64x2.le(v128.load(address, 16), all));
  count = i64x2.add(count, f64x2.le(v128.load(address, 32), all));
  count = i64x2.add(count, f64x2.le(v128.load(address, 48), all));
  count = i64x2.add(count, f64x2.le(v128.load(address, 64), all));
  count = i64x2.add(count, f64x2.le(v128.load(address, 80), all));
  count = i64x2.add(count, f64x2.le(v128.load(address, 96), all));
  count = i64x2.add(count, f64x2.le(v128.load(address, 112), all));
  return -u32(i64x2.extract_lane(count, 0) + i64x2.extract_lane(count, 1));
}

function categoryRank<T>(column: Column, value: T): u32 {
  let member: u32 = 0;
  if (<f64>value >= column.leastCategory && <f64>value < <f64>(column.words << 5)) {
    const category = u32(i32(value));
    member = (load<u32>(column.thresholds + ((category >> 5) << 2)) >> (category & 31)) & 1;
  }
  return member ? column.memberRank : 1 - column.memberRank;
}

function rankRow<T>(values: u32, columns: u32, count: u32, ranks: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const column = changetype<Column>(columns + i * offsetof<Column>());
    const value = load<T>(values + column.feature * sizeof<T>());
    store<u8>(ranks + i, rank<T>(column, value) - 128);
  }
}

function rankBlock<T>(values: u32, width: u32, columns: u32, count: u32, ranks: u32): void {
  const stride = width * sizeof<T>();
  for (let i: u32 = 0; i < count; i++) {
    const column = changetype<Column>(columns + i * offsetof<Column>());
    let value = values + column.feature * sizeof<T>();
    for (let row: u32 = 0; row < BLOCK; row++) {
      store<u8>(ranks + i * BLOCK + row, rank<T>(column, load<T>(value)) - 128);
      value += stride;
    }
  }
}

/**
 * One step down. A node is 8 bytes: column << 8 | rank, then its left child's address; the right
 * child follows the left. A leaf is its own left child with a rank that none exceeds.
 */
@inline function step(node: u32, ranks: u32, shift: u32): u32 {
  const split = load<u32>(node);
  const goesRight = load<i8>(ranks + ((split >>> 8) << shift)) > <i8>split;
  return load<u32>(node, 4) + (u32(goesRight) << 3);
}

/**
 * Margin of one row. Eight trees go down in lockstep, so that their loads overlap.
 * @param roots addresses of the roots, a multiple of 8 of them
 * @param depths depth of the deepest of each eight trees
 * @param leafValues from a node's address to the address of its value
 */
@inline function margin<T>(
  values: u32, columns: u32, columnCount: u32, ranks: u32,
  roots: u32, depths: u32, groups: u32, leafValues: u32, base: T,
): T {
  rankRow<T>(values, columns, columnCount, ranks);
  let sum = base;
  for (let group: u32 = 0; group < groups; group++) {
    const first = roots + (group << 5);
    let a = load<u32>(first), b = load<u32>(first, 4), c = load<u32>(first, 8);
    let d = load<u32>(first, 12), e = load<u32>(first, 16), f = load<u32>(first, 20);
    let g = load<u32>(first, 24), h = load<u32>(first, 28);
    for (let left = load<u32>(depths + (group << 2)); left != 0; left--) {
      a = step(a, ranks, 0);
      b = step(b, ranks, 0);
      c = step(c, ranks, 0);
      d = step(d, ranks, 0);
      e = step(e, ranks, 0);
      f = step(f, ranks, 0);
      g = step(g, ranks, 0);
      h = step(h, ranks, 0);
    }
    sum += load<T>(a + leafValues);
    sum += load<T>(b + leafValues);
    sum += load<T>(c + leafValues);
    sum += load<T>(d + leafValues);
    sum += load<T>(e + leafValues);
    sum += load<T>(f + leafValues);
    sum += load<T>(g + leafValues);
    sum += load<T>(h + leafValues);
  }
  return sum;
}

/**
 * A small tree for a block of rows, from its leaves up, without branches. A vector holds for each row
 * the leaf reached from a node. First the splits over two leaves (4 bytes: byte offset of the
 * column's ranks << 8 | rank), which number their leaves 2k and 2k + 1; then those over other
 * splits or a leaf (that and two 16-bit offsets of the children's vectors).
 * @returns the address after the program
 */
@inline function selectLeaves(program: u32, pairs: u32, joins: u32, ranks: u32, slots: u32): u32 {
  let slot = slots + CONSTANT_SLOTS * BLOCK;
  let leaf = i8x16.splat(0);
  const two = i8x16.splat(2);
  for (; pairs != 0; pairs--) {
    const column = ranks + (load<u32>(program) >>> 8);
    const bound = v128.load_splat<i8>(program);
    v128.store(slot, i8x16.sub(leaf, i8x16.gt_s(v128.load(column), bound)));
    v128.store(slot, i8x16.sub(leaf, i8x16.gt_s(v128.load(column, 16), bound)), 16);
    v128.store(slot, i8x16.sub(leaf, i8x16.gt_s(v128.load(column, 32), bound)), 32);
    v128.store(slot, i8x16.sub(leaf, i8x16.gt_s(v128.load(column, 48), bound)), 48);
    leaf = i8x16.add(leaf, two);
    program += 4;
    slot += BLOCK;
  }
  for (; joins != 0; joins--) {
    const column = ranks + (load<u32>(program) >>> 8);
    const bound = v128.load_splat<i8>(program);
    const left = slots + load<u16>(program, 4);
    const right = slots + load<u16>(program, 6);
    const a = i8x16.gt_s(v128.load(column), bound);
    v128.store(slot, v128.bitselect(v128.load(right), v128.load(left), a));
    const b = i8x16.gt_s(v128.load(column, 16), bound);
    v128.store(slot, v128.bitselect(v128.load(right, 16), v128.load(left, 16), b), 16);
    const c = i8x16.gt_s(v128.load(column, 32), bound);
    v128.store(slot, v128.bitselect(v128.load(right, 32), v128.load(left, 32), c), 32);
    const d = i8x16.gt_s(v128.load(column, 48), bound);
    v128.store(slot, v128.bitselect(v128.load(right, 48), v128.load(left, 48), d), 48);
    program += 8;
    slot += BLOCK;
  }
  return program;
}

@inline function addLeaves<T>(sums: u32, leaves: u32, numbers: u32): void {
  for (let row: u32 = 0; row < BLOCK; row += 4) {
    const a = leaves + (<u32>load<u8>(numbers + row)) * sizeof<T>();
    const b = leaves + (<u32>load<u8>(numbers + row, 1)) * sizeof<T>();
    const c = leaves + (<u32>load<u8>(numbers + row, 2)) * sizeof<T>();
    const d = leaves + (<u32>load<u8>(numbers + row, 3)) * sizeof<T>();
    const sum = sums + row * sizeof<T>();
    if (sizeof<T>() == 4) {
      let values = v128.load32_zero(a);
      values = v128.load32_lane(b, values, 1);
      values = v128.load32_lane(c, values, 2);
      values = v128.load32_lane(d, values, 3);
      v128.store(sum, f32x4.add(v128.load(sum), values));
    } else {
      const low = v128.load64_lane(b, v128.load64_zero(a), 1);
      const high = v128.load64_lane(d, v128.load64_zero(c), 1);
      v128.store(sum, f64x2.add(v128.load(sum), low));
      v128.store(sum, f64x2.add(v128.load(sum, 16), high), 16);
    }
  }
}

/** A large tree for a block of rows, eight of them going down in lockstep. */
@inline function walk<T>(sums: u32, root: u32, depth: u32, ranks: u32, leafValues: u32): void {
  for (let row: u32 = 0; row < BLOCK; row += 8) {
    let a = root, b = root, c = root, d = root, e = root, f = root, g = root, h = root;
    const first = ranks + row;
    for (let left = depth; left != 0; left--) {
      a = step(a, first, 6);
      b = step(b, first + 1, 6);
      c = step(c, first + 2, 6);
      d = step(d, first + 3, 6);
      e = step(e, first + 4, 6);
      f = step(f, first + 5, 6);
      g = step(g, first + 6, 6);
      h = step(h, first + 7, 6);
    }
    const sum = sums + row * sizeof<T>();
    const size = <u32>sizeof<T>();
    store<T>(sum, load<T>(sum) + load<T>(a + leafValues));
    store<T>(sum + size, load<T>(sum + size) + load<T>(b + leafValues));
    store<T>(sum + 2 * size, load<T>(sum + 2 * size) + load<T>(c + leafValues));
    store<T>(sum + 3 * size, load<T>(sum + 3 * size) + load<T>(d + leafValues));
    store<T>(sum + 4 * size, load<T>(sum + 4 * size) + load<T>(e + leafValues));
    store<T>(sum + 5 * size, load<T>(sum + 5 * size) + load<T>(f + leafValues));
    store<T>(sum + 6 * size, load<T>(sum + 6 * size) + load<T>(g + leafValues));
    store<T>(sum + 7 * size, load<T>(sum + 7 * size) + load<T>(h + leafValues));
  }
}

/** A tree in a batch: selected from the leaves up, or, with `depth`, walked down. */
@unmanaged class Tree {
  pairs: u32;
  joins: u32;
  result: u32; // byte offset in the scratch of the root's vector
  leaves: u32; // address of the leaf values; of a walked tree its root's
  depth: u32; // 0 where the tree is selected
}

/** Margins of whole blocks of rows, row-major at `values`, into `sums`. */
@inline function margins<T>(
  values: u32, width: u32, blocks: u32, columns: u32, columnCount: u32, ranks: u32,
  trees: u32, treeCount: u32, programs: u32, slots: u32, leafValues: u32, base: T, sums: u32,
): void {
  for (let i: u32 = 0; i < CONSTANT_SLOTS; i++) {
    for (let byte: u32 = 0; byte < BLOCK; byte += 16)
      v128.store(slots + i * BLOCK + byte, i8x16.splat(<i8>i));
  }
  for (; blocks != 0; blocks--) {
    rankBlock<T>(values, width, columns, columnCount, ranks);
    for (let row: u32 = 0; row < BLOCK; row++) store<T>(sums + row * sizeof<T>(), base);
    let program = programs;
    for (let i: u32 = 0; i < treeCount; i++) {
      const tree = changetype<Tree>(trees + i * offsetof<Tree>());
      if (tree.depth != 0) {
        walk<T>(sums, tree.leaves, tree.depth, ranks, leafValues);
      } else {
        program = selectLeaves(program, tree.pairs, tree.joins, ranks, slots);
        addLeaves<T>(sums, tree.leaves, slots + tree.result);
      }
    }
    values += BLOCK * width * sizeof<T>();
    sums += BLOCK * sizeof<T>();
  }
}

export function margin32(
  values: u32, columns: u32, columnCount: u32, ranks: u32,
  roots: u32, depths: u32, groups: u32, leafValues: u32, base: f32,
): f32 {
  return margin<f32>(values, columns, columnCount, ranks, roots, depths, groups, leafValues, base);
}

export function margin64(
  values: u32, columns: u32, columnCount: u32, ranks: u32,
  roots: u32, depths: u32, groups: u32, leafValues: u32, base: f64,
): f64 {
  return margin<f64>(values, columns, columnCount, ranks, roots, depths, groups, leafValues, base);
}

export function margins32(
  values: u32, width: u32, blocks: u32, columns: u32, columnCount: u32, ranks: u32,
  trees: u32, treeCount: u32, programs: u32, slots: u32, leafValues: u32, base: f32, sums: u32,
): void {
  margins<f32>(values, width, blocks, columns, columnCount, ranks, trees, treeCount, programs, slots, leafValues, base, sums);
}

export function margins64(
  values: u32, width: u32, blocks: u32, columns: u32, columnCount: u32, ranks: u32,
  trees: u32, treeCount: u32, programs: u32, slots: u32, leafValues: u32, base: f64, sums: u32,
): void {
  margins<f64>(values, width, blocks, columns, columnCount, ranks, trees, treeCount, programs, slots, leafValues, base, sums);
}
