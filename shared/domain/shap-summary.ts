import { ShapImportance } from '../trees/shap-importance.ts';
import { featureIndex } from './predict.ts';
import type { PrefixRows } from './prefix-rows.ts';
import type { ScoringModel } from './registered-model.ts';

export interface MeanContribution {
  readonly feature: string;
  /** Mean of |contribution| in log-odds. */
  readonly mean: number;
}

/** Rows explained at most; evenly spread. */
const MAX_ROWS = 500;

/** What moves the scores of some rows, the most first; features that move none are left out. */
export function shapSummary(
  model: ScoringModel,
  rows: PrefixRows,
  chosen: Uint32Array,
): readonly MeanContribution[] {
  const columns = model.features.map((name) => featureIndex(rows, name));
  const importance = new ShapImportance(columns.length);
  const step = Math.max(1, Math.ceil(chosen.length / MAX_ROWS));
  const contributions = new Float64Array(columns.length);
  for (let position = 0; position < chosen.length; position += step) {
    contributions.fill(0);
    const { reasons } = model.explain(rows.vector(chosen[position] as number, columns));
    for (const { feature, contribution } of reasons)
      contributions[model.features.indexOf(feature)] = contribution;
    importance.add(contributions, 1);
  }
  const means = importance.mean();
  return model.features
    .map((feature, index) => ({ feature, mean: means[index] as number }))
    .filter(({ mean }) => mean > 0)
    .sort((a, b) => b.mean - a.mean);
}
