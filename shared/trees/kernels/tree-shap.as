// The SIMD form of `scalarKernel` of tree-shap-kernel.ts, operation by operation. What the addresses
// hold: tree-shap-layout.ts.

const THRESHOLD: usize = 0;
const LEFT_SHARE: usize = 8;
const RIGHT_SHARE: usize = 16;
const LEFT: usize = 24;
const RIGHT: usize = 28;
const LEFT_VALUE: usize = 24;
const RIGHT_VALUE: usize = 32;
const FEATURE: usize = 40;
const OPEN: usize = 44;
const ANCESTOR: usize = 48;
const MISSING_LEFT: usize = 52;
const LEFT_OF_ANCESTOR: usize = 53;
const RECORD_BYTES: usize = 56;
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
  sides: usize,
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
    const leftShare = v128.load64_splat(record, LEFT_SHARE);
    const rightShare = v128.load64_splat(record, RIGHT_SHARE);
    const leftDelta = f64x2.sub(f64x2.splat(<f64>went), leftShare);
    const rightDelta = f64x2.sub(f64x2.splat(<f64>(1 - went)), rightShare);
    let left = reach + load<u32>(record, LEFT);
    let right = reach + load<u32>(record, RIGHT);
    for (const slotEnd = reachHere + slotBytes; reachHere < slotEnd; reachHere += PAIR) {
      const probability = v128.load(known);
      const l = f64x2.add(leftShare, f64x2.mul(probability, leftDelta));
      const r = f64x2.add(rightShare, f64x2.mul(probability, rightDelta));
      v128.store(sides, l);
      v128.store(sides + slotBytes, r);
      const here = v128.load(reachHere);
      v128.store(left, f64x2.mul(here, l));
      v128.store(right, f64x2.mul(here, r));
      v128.store(reachHere, f64x2.mul(v128.load(known + slotBytes), here));
      known += PAIR;
      sides += PAIR;
      left += PAIR;
      right += PAIR;
    }
    sides += slotBytes;
  }

  const twigReach = reachHere;
  const twigMean = mean + (reachHere - reach);
  let meanHere = twigMean;
  for (; record < end; record += RECORD_BYTES) {
    const went = goesLeft(record, row);
    let known = isContradicted(record, state) ? shut : <usize>load<u32>(record, OPEN);
    const leftShare = load<f64>(record, LEFT_SHARE);
    const rightShare = load<f64>(record, RIGHT_SHARE);
    const leftValue = load<f64>(record, LEFT_VALUE);
    const rightValue = load<f64>(record, RIGHT_VALUE);
    const unknownMean = f64x2.splat(leftShare * leftValue + rightShare * rightValue);
    const delta =
      (<f64>went - leftShare) * leftValue + (<f64>(1 - went) - rightShare) * rightValue;
    const deltas = f64x2.splat(delta);
    let sum = f64x2.splat(0);
    for (const slotEnd = reachHere + slotBytes; reachHere < slotEnd; reachHere += PAIR) {
      v128.store(meanHere, f64x2.add(unknownMean, f64x2.mul(v128.load(known), deltas)));
      sum = f64x2.add(sum, f64x2.mul(v128.load(known + slotBytes), v128.load(reachHere)));
      known += PAIR;
      meanHere += PAIR;
    }
    addToFeature(record, out, lanes(sum) * delta);
  }

  for (; leaves < leavesEnd; leaves += 8)
    for (const slotEnd = meanHere + slotBytes; meanHere < slotEnd; meanHere += PAIR)
      v128.store(meanHere, v128.load64_splat(leaves));

  reachHere = twigReach;
  meanHere = twigMean;
  record = twigs;
  while (record > inner) {
    record -= RECORD_BYTES;
    sides -= 2 * slotBytes;
    reachHere -= slotBytes;
    meanHere -= slotBytes;
    const went = load<i32>(stateHere);
    stateHere -= 4;
    const leftDelta = f64x2.splat(<f64>went - load<f64>(record, LEFT_SHARE));
    const rightDelta = f64x2.splat(<f64>(1 - went) - load<f64>(record, RIGHT_SHARE));
    const left = mean + load<u32>(record, LEFT);
    const right = mean + load<u32>(record, RIGHT);
    let sum = f64x2.splat(0);
    for (let point: usize = 0; point < slotBytes; point += PAIR) {
      const leftMean = v128.load(left + point);
      const rightMean = v128.load(right + point);
      v128.store(
        meanHere + point,
        f64x2.add(
          f64x2.mul(v128.load(sides + point), leftMean),
          f64x2.mul(v128.load(sides + slotBytes + point), rightMean),
        ),
      );
      const change = f64x2.add(f64x2.mul(leftDelta, leftMean), f64x2.mul(rightDelta, rightMean));
      sum = f64x2.add(sum, f64x2.mul(v128.load(reachHere + point), change));
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
