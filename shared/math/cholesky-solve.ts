/**
 * Solves A x = b for a symmetric positive definite A by Cholesky factorisation; only the lower
 * triangle of A is read, and it is overwritten.
 *
 * Source: Golub & Van Loan, "Matrix Computations", 4.2.
 * @param matrix n × n, row-major
 * @param right n numbers
 * @returns x, or null when A is not positive definite
 */
export function choleskySolve(matrix: Float64Array, right: Float64Array): Float64Array | null {
  const n = right.length;
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * n + column] as number;
      for (let k = 0; k < column; k++)
        sum -= (matrix[row * n + k] as number) * (matrix[column * n + k] as number);
      if (row !== column) {
        matrix[row * n + column] = sum / (matrix[column * n + column] as number);
      } else if (sum > 0) {
        matrix[row * n + row] = Math.sqrt(sum);
      } else {
        return null;
      }
    }
  }
  const solution = Float64Array.from(right);
  for (let row = 0; row < n; row++) {
    let sum = solution[row] as number;
    for (let k = 0; k < row; k++) sum -= (matrix[row * n + k] as number) * (solution[k] as number);
    solution[row] = sum / (matrix[row * n + row] as number);
  }
  for (let row = n - 1; row >= 0; row--) {
    let sum = solution[row] as number;
    for (let k = row + 1; k < n; k++)
      sum -= (matrix[k * n + row] as number) * (solution[k] as number);
    solution[row] = sum / (matrix[row * n + row] as number);
  }
  return solution;
}
