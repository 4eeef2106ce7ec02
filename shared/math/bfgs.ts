/** The value at a point; writes the gradient there into the second argument. */
export type Differentiable = (point: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
  readonly converged: boolean;
}

const ARMIJO = 1e-4;
const MAX_HALVINGS = 40;
const LONGEST_STEP = 2;

/**
 * A local minimum by the method of Broyden, Fletcher, Goldfarb and Shanno with backtracking.
 *
 * Source: Nocedal & Wright (2006), "Numerical Optimization", algorithm 6.1; the update is skipped
 * where the curvature is not positive.
 * @param start a point where the function is finite
 * @param tolerance of the largest component of the gradient, relative to 1 + |value|
 */
export function minimizeBfgs(
  f: Differentiable,
  start: ArrayLike<number>,
  { tolerance = 1e-9, maxIterations = 200 } = {},
): Minimum {
  const n = start.length;
  let point: Float64Array = Float64Array.from(start);
  let gradient = new Float64Array(n);
  let value = f(point, gradient);
  let inverse = identity(n);
  let fresh = true;
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (largest(gradient) <= tolerance * (1 + Math.abs(value)))
      return { point, value, converged: true };
    const direction = inverse.map((row) => -dot(row, gradient));
    let slope = dot(direction, gradient);
    if (slope >= 0) {
      inverse = identity(n);
      for (let i = 0; i < n; i++) direction[i] = -(gradient[i] as number);
      slope = dot(direction, gradient);
    }
    let step = Math.min(1, LONGEST_STEP / largest(direction));
    let next = point;
    let nextValue = Number.POSITIVE_INFINITY;
    const nextGradient = new Float64Array(n);
    for (let halving = 0; halving < MAX_HALVINGS; halving++, step /= 2) {
      next = point.map((one, i) => one + step * (direction[i] as number));
      nextValue = f(next, nextGradient);
      if (nextValue <= value + ARMIJO * step * slope) break;
    }
    // What no step can better is a minimum as exact as the numbers allow, if the metric was not stale.
    if (!(nextValue < value)) {
      if (fresh) return { point, value, converged: nearlyFlat(gradient, value) };
      inverse = identity(n);
      fresh = true;
      continue;
    }
    const moved = next.map((one, i) => one - (point[i] as number));
    const turned = nextGradient.map((one, i) => one - (gradient[i] as number));
    const curvature = dot(moved, turned);
    if (curvature > 0) {
      if (fresh) {
        const scale = curvature / dot(turned, turned);
        inverse = identity(n).map((row) => row.map((one) => one * scale));
      }
      inverse = updated(inverse, moved, turned, curvature);
      fresh = false;
    }
    point = next;
    value = nextValue;
    gradient = nextGradient;
  }
  return { point, value, converged: nearlyFlat(gradient, value) };
}

/** Rounding keeps the sum of a million terms from being flatter than this. */
function nearlyFlat(gradient: Float64Array, value: number): boolean {
  return largest(gradient) <= 1e-6 * (1 + Math.abs(value));
}

function updated(
  inverse: readonly Float64Array[],
  moved: Float64Array,
  turned: Float64Array,
  curvature: number,
): Float64Array[] {
  const product = inverse.map((row) => dot(row, turned));
  const factor = (1 + dot(product, turned) / curvature) / curvature;
  return inverse.map((row, i) =>
    row.map((one, j) => {
      const [si, sj] = [moved[i] as number, moved[j] as number];
      const cross = (product[i] as number) * sj + si * (product[j] as number);
      return one + factor * si * sj - cross / curvature;
    }),
  );
}

function identity(n: number): Float64Array[] {
  return Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    row[i] = 1;
    return row;
  });
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
  return most;
}
