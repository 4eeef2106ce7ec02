import { WASM } from './kernels/tree-shap.wasm.ts';
import { PAIR_BYTES, RECORD, type Scratch, type ShapTree } from './tree-shap-layout.ts';

/**
 * Adds one tree's contributions for the row at address `row` to those at address `out`.
 *
 * Down: a node's `reach` is its probability; each child takes share + known · delta of it, where delta
 * is 1 − share for the child that the row goes to, −share for the other. Up: `mean` is the margin
 * expected below a node, and a split's feature gets Σ weight · reach · (leftDelta · mean of the left
 * child + rightDelta · mean of the right one) over the points.
 */
export type ShapKernel = (tree: ShapTree, row: number, out: number) => void;

let compiled: WebAssembly.Module | null | undefined;

/** The SIMD kernel compiled once a process; null where there is no WebAssembly with SIMD. */
function simdModule(): WebAssembly.Module | null {
  if (compiled !== undefined) return compiled;
  const bytes = Buffer.from(WASM, 'base64');
  const supported = typeof WebAssembly === 'object' && WebAssembly.validate(bytes);
  compiled = supported ? new WebAssembly.Module(bytes) : null;
  return compiled;
}

export function simdRunsHere(): boolean {
  return simdModule() !== null;
}

/** WebAssembly, two points at a time; gives the bits of `scalarKernel`. */
export function simdKernel(memory: WebAssembly.Memory, scratch: Scratch): ShapKernel {
  const module = simdModule() as WebAssembly.Module;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const explain = exports['explain'] as (...addresses: number[]) => void;
  const { state, sides, reach, mean } = scratch;
  return (tree, row, out) => {
    const { inner, twigs, end, leaves, leavesEnd, shut, pairs } = tree;
    const slotBytes = PAIR_BYTES * pairs;
    // biome-ignore format: the parameters as kernels/tree-shap.as has them
    explain(inner, twigs, end, leaves, leavesEnd, shut, slotBytes, row, out, state, sides, reach, mean);
  };
}

export function scalarKernel(memory: WebAssembly.Memory, scratch: Scratch): ShapKernel {
  const bytes = new Uint8Array(memory.buffer);
  const words = new Int32Array(memory.buffer);
  const numbers = new Float64Array(memory.buffer);
  const number = (address: number) => numbers[address >> 3] as number;
  const word = (address: number) => words[address >> 2] as number;

  return function explain(tree, row, out) {
    const { inner, twigs, end, pairs, shut } = tree;
    const slotBytes = PAIR_BYTES * pairs;
    const weightOffset = slotBytes;
    // Of the split that was followed last.
    let went = 0;
    let posterior = 0;

    /** Answers the state of the split: see `Scratch.state`. */
    function follow(record: number): number {
      const value = number(row + word(record + RECORD.feature));
      went = Number.isNaN(value)
        ? (bytes[record + RECORD.missingLeft] as number)
        : Number(value <= number(record + RECORD.threshold));
      const above = word(scratch.state + word(record + RECORD.ancestor));
      const contradicted = above !== bytes[record + RECORD.leftOfAncestor];
      posterior = contradicted ? shut : word(record + RECORD.open);
      return contradicted ? 2 : went;
    }

    for (let point = 0; point < slotBytes; point += 8) numbers[(scratch.reach + point) >> 3] = 1;
    let state = scratch.state;
    let sides = scratch.sides;
    let reach = scratch.reach;
    for (let record = inner; record < twigs; record += RECORD.bytes) {
      state += 4;
      words[state >> 2] = follow(record);
      const leftShare = number(record + RECORD.leftShare);
      const rightShare = number(record + RECORD.rightShare);
      const leftDelta = went - leftShare;
      const rightDelta = 1 - went - rightShare;
      const left = scratch.reach + word(record + RECORD.left);
      const right = scratch.reach + word(record + RECORD.right);
      for (let point = 0; point < slotBytes; point += 8) {
        const known = number(posterior + point);
        const l = leftShare + known * leftDelta;
        const r = rightShare + known * rightDelta;
        numbers[(sides + point) >> 3] = l;
        numbers[(sides + slotBytes + point) >> 3] = r;
        const here = number(reach + point);
        numbers[(left + point) >> 3] = here * l;
        numbers[(right + point) >> 3] = here * r;
        numbers[(reach + point) >> 3] = number(posterior + weightOffset + point) * here;
      }
      sides += 2 * slotBytes;
      reach += slotBytes;
    }

    let mean = scratch.mean + (reach - scratch.reach);
    for (let record = twigs; record < end; record += RECORD.bytes) {
      follow(record);
      const leftShare = number(record + RECORD.leftShare);
      const rightShare = number(record + RECORD.rightShare);
      const leftValue = number(record + RECORD.leftValue);
      const rightValue = number(record + RECORD.rightValue);
      const unknownMean = leftShare * leftValue + rightShare * rightValue;
      const delta = (went - leftShare) * leftValue + (1 - went - rightShare) * rightValue;
      let [even, odd] = [0, 0];
      for (let pair = 0; pair < slotBytes; pair += PAIR_BYTES) {
        const next = pair + 8;
        numbers[(mean + pair) >> 3] = unknownMean + number(posterior + pair) * delta;
        numbers[(mean + next) >> 3] = unknownMean + number(posterior + next) * delta;
        even += number(posterior + weightOffset + pair) * number(reach + pair);
        odd += number(posterior + weightOffset + next) * number(reach + next);
      }
      const cell = (out + word(record + RECORD.feature)) >> 3;
      numbers[cell] = (numbers[cell] as number) + (even + odd) * delta;
      reach += slotBytes;
      mean += slotBytes;
    }

    for (let leaf = tree.leaves; leaf < tree.leavesEnd; leaf += 8) {
      numbers.fill(number(leaf), mean >> 3, (mean + slotBytes) >> 3);
      mean += slotBytes;
    }

    const inners = (twigs - inner) / RECORD.bytes;
    mean = scratch.mean + slotBytes * inners;
    reach = scratch.reach + slotBytes * inners;
    for (let record = twigs - RECORD.bytes; record >= inner; record -= RECORD.bytes) {
      sides -= 2 * slotBytes;
      mean -= slotBytes;
      reach -= slotBytes;
      // Of a contradicted split any number will do: its weights are 0.
      const wentThere = word(state);
      state -= 4;
      const leftDelta = wentThere - number(record + RECORD.leftShare);
      const rightDelta = 1 - wentThere - number(record + RECORD.rightShare);
      const left = scratch.mean + word(record + RECORD.left);
      const right = scratch.mean + word(record + RECORD.right);
      let [even, odd] = [0, 0];
      for (let pair = 0; pair < slotBytes; pair += PAIR_BYTES) {
        const next = pair + 8;
        const [leftMean, rightMean] = [number(left + pair), number(right + pair)];
        const [nextLeft, nextRight] = [number(left + next), number(right + next)];
        numbers[(mean + pair) >> 3] =
          number(sides + pair) * leftMean + number(sides + slotBytes + pair) * rightMean;
        numbers[(mean + next) >> 3] =
          number(sides + next) * nextLeft + number(sides + slotBytes + next) * nextRight;
        even += number(reach + pair) * (leftDelta * leftMean + rightDelta * rightMean);
        odd += number(reach + next) * (leftDelta * nextLeft + rightDelta * nextRight);
      }
      const cell = (out + word(record + RECORD.feature)) >> 3;
      numbers[cell] = (numbers[cell] as number) + (even + odd);
    }
  };
}
