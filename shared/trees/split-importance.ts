import type { Forest } from './forest.ts';

/** What a feature did in a forest's splits. */
export interface SplitImportance {
  readonly feature: string;
  /** Sum of loss reductions (XGBoost's `total_gain`). */
  readonly gain: number;
  /** Sum of the covers of its splits (`total_cover`). */
  readonly cover: number;
  /** Number of its splits (`weight`). */
  readonly count: number;
}

/** By column; a feature without a name is called as XGBoost calls it: f0, f1, … */
export function splitImportance(forest: Forest): readonly SplitImportance[] {
  const importance = Array.from({ length: forest.featureCount }, (_, column) => ({
    feature: forest.featureNames?.[column] ?? `f${column}`,
    gain: 0,
    cover: 0,
    count: 0,
  }));
  forest.feature.forEach((column, node) => {
    const entry = importance[column];
    if (entry === undefined) return;
    entry.gain += forest.gain[node] as number;
    entry.cover += forest.cover[node] as number;
    entry.count += 1;
  });
  return importance;
}
