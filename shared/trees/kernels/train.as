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
function pairOf(pairs: usize, row: u32): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(pairs + (<usize>row << 3)));
}

/** Adds the rows of `order` up to `end` to the histograms of a group of `columns` columns. */
export function addRows(
  bins: usize,
  pairs: usize,
  order: usize,
  end: usize,
  histogram: usize,
  columns: u32,
): void {
  switch (columns) {
    case 1:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add1(histogram, binsOf(bins, row), pairOf(pairs, row));
      }
      break;
    case 2:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add2(histogram, binsOf(bins, row), pairOf(pairs, row));
      }
      break;
    case 3:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add3(histogram, binsOf(bins, row), pairOf(pairs, row));
      }
      break;
    case 4:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add4(histogram, binsOf(bins, row), pairOf(pairs, row));
      }
      break;
    case 5:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add5(histogram, binsOf(bins, row), pairOf(pairs, row));
      }
      break;
    case 6:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add6(histogram, binsOf(bins, row), pairOf(pairs, row));
      }
      break;
    case 7:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add7(histogram, binsOf(bins, row), pairOf(pairs, row));
      }
      break;
    case 8:
      for (; order < end; order += 4) {
        const row = load<u32>(order);
        add8(histogram, binsOf(bins, row), pairOf(pairs, row));
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

/**
 * Replaces the float32 from `at` up to `end` by their exponentials, rounded from float64; a value
 * below −104 gives 0 and one above 88.7 is taken for it. Four at a time: writes up to 12 bytes
 * beyond `end`.
 */
export function exponentials(at: usize, end: usize): void {
  const least = f32x4.splat(-104);
  const most = f32x4.splat(88.7);
  for (; at < end; at += 16) {
    const values = f32x4.min(f32x4.max(v128.load(at), least), most);
    const low = f32x4.demote_f64x2_zero(exp(f64x2.promote_low_f32x4(values)));
    const high = f32x4.demote_f64x2_zero(
      exp(f64x2.promote_low_f32x4(v128.shuffle<u64>(values, values, 1, 1))),
    );
    v128.store(at, v128.shuffle<u64>(low, high, 0, 2));
  }
}

/** e^x = 2^k · e^r with |r| ≤ ln 2 / 2; the series' remainder is below 3·10⁻¹³ of the value. */
// @ts-ignore: decorator
@inline
function exp(x: v128): v128 {
  const k = f64x2.nearest(f64x2.mul(x, f64x2.splat(1.4426950408889634)));
  const r = f64x2.sub(x, f64x2.mul(k, f64x2.splat(0.6931471805599453)));
  let sum = f64x2.splat(1.0 / 3628800.0);
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 362880.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 40320.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 5040.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 720.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 120.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 24.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 6.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(0.5));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0));
  // 1.5 · 2^52 brings the whole number k to the lowest bits, from where it is added to the exponent.
  const whole = f64x2.add(k, f64x2.splat(6755399441055744.0));
  return i64x2.add(sum, i64x2.shl(whole, 52));
}
