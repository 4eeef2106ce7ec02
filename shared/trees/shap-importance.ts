/** Global importance: the mean of |contribution| of each feature over all rows added. */
export class ShapImportance {
  readonly #sums: Float64Array;
  #rows = 0;

  constructor(featureCount: number) {
    this.#sums = new Float64Array(featureCount);
  }

  /** @param contributions `rows` × `featureCount`, as `Explainer.batch` writes them */
  add(contributions: Float64Array, rows: number): void {
    const features = this.#sums.length;
    for (let cell = 0; cell < rows * features; cell++) {
      const feature = cell % features;
      this.#sums[feature] =
        (this.#sums[feature] as number) + Math.abs(contributions[cell] as number);
    }
    this.#rows += rows;
  }

  /** In margin units, by feature; zeros where no row was added. */
  mean(): Float64Array {
    return this.#sums.map((sum) => sum / Math.max(1, this.#rows));
  }
}
