// The SIMD form of `scalarKernel` of tree-shap-kernel.ts, operation by operation. What the addresses
// hold: tree-shap-layout.ts.

const THRESHOLD: usize = 0;
const SHARE: usize = 8;
const LEFT: usize = 16;
const RIGHT: usize = 20;
const DIFFERENCE: usize = 16;
const RIGHT_VALUE: usize = 24;
const FEATURE: usize = 32;
const OPEN: usize = 36;
const ANCESTOR: usize = 40;
const MISSING_LEFT: usize = 44;
const LEFT_OF_ANCESTOR: usize = 45;
const RECORD_BYTES: usize = 48;
const PAIR: usize = 16;

export function explain(
  inner: usize,
  twigs: usize,
  end: usize,
  leaves: usize,
  leavesEnd: usize,
  shut: usize,
  slotBytes: usize,
  row: usize,
  out: usize,
  state: usize,
  leftward: usize,
  reach: usize,
  mean: usize,
): void {
  for (let point: usize = 0; point < slotBytes; point += PAIR)
    v128.store(reach + point, f64x2.splat(1));

  let stateHere = state;
  let reachHere = reach;
  let record = inner;
  for (; record < twigs; record += RECORD_BYTES) {
    const went = goesLeft(record, row);
    const contradicted = isContradicted(record, state);
    let known = contradicted ? shut : <usize>load<u32>(record, OPEN);
    stateHere += 4;
    store<i32>(stateHere, contradicted ? 2 : went);
    const share = load<f64>(record, SHARE);
    const delta = f64x2.splat(<f64>went - share);
    const shares = f64x2.splat(share);
    let left = reach + load<u32>(record, LEFT);
    let right = reach + load<u32>(record, RIGHT);
    for (const slotEnd = reachHere + slotBytes; reachHere < slotEnd; reachHere += PAIR) {
      const l = f64x2.add(shares, f64x2.mul(v128.load(known), delta));
      v128.store(leftward, l);
      const here = v128.load(reachHere);
      const leftReach = f64x2.mul(here, l);
      v128.store(left, leftReach);
      v128.store(right, f64x2.sub(here, leftReach));
      v128.store(reachHere, f64x2.mul(f64x2.mul(v128.load(known + slotBytes), here), delta));
      known += PAIR;
      leftward += PAIR;
      left += PAIR;
      right += PAIR;
    }
  }

  const twigReach = reachHere;
  const twigMean = mean + (reachHere - reach);
  let meanHere = twigMean;
  for (; record < end; record += RECORD_BYTES) {
    const went = goesLeft(record, row);
    let known = isContradicted(record, state) ? shut : <usize>load<u32>(record, OPEN);
    const share = load<f64>(record, SHARE);
    const delta = <f64>went - share;
    const deltas = f64x2.splat(delta);
    const shares = f64x2.splat(share);
    const difference = v128.load64_splat(record, DIFFERENCE);
    const rightValue = v128.load64_splat(record, RIGHT_VALUE);
    let sum = f64x2.splat(0);
    for (const slotEnd = reachHere + slotBytes; reachHere < slotEnd; reachHere += PAIR) {
      const l = f64x2.add(shares, f64x2.mul(v128.load(known), deltas));
      v128.store(meanHere, f64x2.add(rightValue, f64x2.mul(l, difference)));
      sum = f64x2.add(sum, f64x2.mul(v128.load(known + slotBytes), v128.load(reachHere)));
      known += PAIR;
      meanHere += PAIR;
    }
    addToFeature(record, out, lanes(sum) * delta * load<f64>(record, DIFFERENCE));
  }

  for (; leaves < leavesEnd; leaves += 8)
    for (const slotEnd = meanHere + slotBytes; meanHere < slotEnd; meanHere += PAIR)
      v128.store(meanHere, v128.load64_splat(leaves));

  reachHere = twigReach;
  meanHere = twigMean;
  record = twigs;
  while (record > inner) {
    record -= RECORD_BYTES;
    leftward -= slotBytes;
    reachHere -= slotBytes;
    meanHere -= slotBytes;
    const left = mean + load<u32>(record, LEFT);
    const right = mean + load<u32>(record, RIGHT);
    let sum = f64x2.splat(0);
    for (let point: usize = 0; point < slotBytes; point += PAIR) {
      const rightMean = v128.load(right + point);
      const difference = f64x2.sub(v128.load(left + point), rightMean);
      v128.store(
        meanHere + point,
        f64x2.add(rightMean, f64x2.mul(v128.load(leftward + point), difference)),
      );
      sum = f64x2.add(sum, f64x2.mul(v128.load(reachHere + point), difference));
    }
    addToFeature(record, out, lanes(sum));
  }
}

@inline
function goesLeft(record: usize, row: usize): i32 {
  const value = load<f64>(row + load<u32>(record, FEATURE));
  const missing = <i32>(value != value);
  return <i32>(value <= load<f64>(record, THRESHOLD)) | (missing & load<u8>(record, MISSING_LEFT));
}

@inline
function isContradicted(record: usize, state: usize): bool {
  return load<u32>(state + load<u32>(record, ANCESTOR)) != load<u8>(record, LEFT_OF_ANCESTOR);
}

@inline
function lanes(sum: v128): f64 {
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

@inline
function addToFeature(record: usize, out: usize, contribution: f64): void {
  const cell = out + load<u32>(record, FEATURE);
  store<f64>(cell, load<f64>(cell) + contribution);
}
