/**
 * Log-odds ln(p / (1 - p)), the inverse of the logistic function.
 * @param probability strictly between 0 and 1; 0 and 1 give -Infinity and Infinity
 */
export function logit(probability: number): number {
  return Math.log(probability / (1 - probability));
}
