/**
 * Nodes and weights of Gauss–Legendre quadrature on [0, 1]: Σ weight · f(node) is the integral of f
 * exactly, for every polynomial f of degree below 2 · `points`.
 *
 * Source: Press et al., "Numerical Recipes", 4.6: Newton's method on the Legendre polynomial from
 * Tricomi's approximation of its roots.
 * @param points ≥ 1
 */
export function gaussLegendre(points: number): {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
} {
  const nodes = new Float64Array(points);
  const weights = new Float64Array(points);
  for (let index = 0; index < points; index++) {
    let root = Math.cos((Math.PI * (index + 0.75)) / (points + 0.5));
    let slope = 0;
    for (let step = 0; step < NEWTON_STEPS; step++) {
      let [previous, value] = [0, 1];
      for (let degree = 1; degree <= points; degree++)
        [previous, value] = [
          value,
          ((2 * degree - 1) * root * value - (degree - 1) * previous) / degree,
        ];
      slope = (points * (root * value - previous)) / (root * root - 1);
      root -= value / slope;
    }
    nodes[index] = (1 - root) / 2;
    weights[index] = 1 / ((1 - root * root) * slope * slope);
  }
  return { nodes, weights };
}

/** Newton's method doubles the digits with each step and starts with two or more. */
const NEWTON_STEPS = 6;
