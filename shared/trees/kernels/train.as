// asc --sharedMemory --enable threads --maximumMemory 65536

// The loops of training over rows. Addresses are in bytes; `order` holds the row numbers of a node.
// Bins of a group's columns stand side by side, 8 bytes a row; a column's histogram is 256 pairs of
// float64 (gradient, hessian), and that of the group's next column follows it.

/** Adds a row's pair to the bin of column `lane`, whose number stands in byte `lane` of `bins`. */
// @ts-ignore: decorator
@inline
function add(histogram: usize, bins: u64, lane: u32, pair: v128): void {
  const bin = lane == 0 ? (<u32>bins << 4) & 0xff0 : <u32>(bins >> (8 * lane - 4)) & 0xff0;
  const at = histogram + bin + 4096 * lane;
  v128.store(at, f64x2.add(v128.load(at), pair));
}

// @ts-ignore: decorator
@inline
function add1(histogram: usize, bins: u64, pair: v128): void {
  add(histogram, bins, 0, pair);
}

// @ts-ignore: decorator
@inline
function add2(histogram: usize, bins: u64, pair: v128): void {
  add1(histogram, bins, pair);
  add(histogram, bins, 1, pair);
}

// @ts-ignore: decorator
@inline
function add3(histogram: usize, bins: u64, pair: v128): void {
  add2(histogram, bins, pair);
  add(histogram, bins, 2, pair);
}

// @ts-ignore: decorator
@inline
function add4(histogram: usize, bins: u64, pair: v128): void {
  add3(histogram, bins, pair);
  add(histogram, bins, 3, pair);
}

// @ts-ignore: decorator
@inline
function add5(histogram: usize, bins: u64, pair: v128): void {
  add4(histogram, bins, pair);
  add(histogram, bins, 4, pair);
}

// @ts-ignore: decorator
@inline
function add6(histogram: usize, bins: u64, pair: v128): void {
  add5(histogram, bins, pair);
  add(histogram, bins, 5, pair);
}

// @ts-ignore: decorator
@inline
function add7(histogram: usize, bins: u64, pair: v128): void {
  add6(histogram, bins, pair);
  add(histogram, bins, 6, pair);
}

// @ts-ignore: decorator
@inline
function add8(histogram: usize, bins: u64, pair: v128): void {
  add7(histogram, bins, pair);
  add(histogram, bins, 7, pair);
}

// @ts-ignore: decorator
@inline
function binsOf(bins: usize, row: u32): u64 {
  return load<u64>(bins + (<usize>row << 3));
}

// @ts-ignore: decorator
@inline
function pairOf(gradients: usize, row: u32): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(gradients + (<usize>row << 3)));
}

/** Adds the rows of `order` up to `end` to the histograms of a group of `columns` columns. */
export function addRows(
  bins: usize,
  gradients: usize,
  order: usize,
  end: usize,
  histogram: usize,
  columns: u32,
): void {
  switch (columns) {
    case 1:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add1(histogram, binsOf(bins, row), pairOf(gradients, row));
      }
      break;
    case 2:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add2(histogram, binsOf(bins, row), pairOf(gradients, row));
      }
      break;
    case 3:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add3(histogram, binsOf(bins, row), pairOf(gradients, row));
      }
      break;
    case 4:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add4(histogram, binsOf(bins, row), pairOf(gradients, row));
      }
      break;
    case 5:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add5(histogram, binsOf(bins, row), pairOf(gradients, row));
      }
      break;
    case 6:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add6(histogram, binsOf(bins, row), pairOf(gradients, row));
      }
      break;
    case 7:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add7(histogram, binsOf(bins, row), pairOf(gradients, row));
      }
      break;
    case 8:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add8(histogram, binsOf(bins, row), pairOf(gradients, row));
      }
      break;
  }
}

/** left[i] −= right[i], float64, up to `end`. */
export function subtract(left: usize, right: usize, end: usize): void {
  for (; left < end; left += 16, right += 16) {
    v128.store(left, f64x2.sub(v128.load(left), v128.load(right)));
  }
}

/**
 * Brings the rows of `order` up to `end` whose bin goes left (`goesLeft[bin]` is 1) to the front, both
 * sides in their order, and marks in `seenLeft` and `seenLeft + 256` the bins met on each side.
 * `bins` is the address of row 0's bin. Returns where the right side begins.
 */
export function partition(
  bins: usize,
  order: usize,
  end: usize,
  scratch: usize,
  goesLeft: usize,
  seenLeft: usize,
): usize {
  let left = order;
  let right = scratch;
  for (; order < end; order += 4) {
    const row = load<u32>(order);
    const bin = <usize>load<u8>(bins + (<usize>row << 3));
    const goes = <usize>load<u8>(goesLeft + bin);
    // Both are written and one is kept: no branch to mispredict. `left` never overtakes `order`.
    store<u32>(left, row);
    store<u32>(right, row);
    left += goes << 2;
    right += (1 - goes) << 2;
    store<u8>(seenLeft + ((1 - goes) << 8) + bin, 1);
  }
  memory.copy(left, scratch, right - scratch);
  return left;
}

