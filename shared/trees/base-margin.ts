import type { Forest } from './forest.ts';
import { inverseLink, linkOf } from './objective.ts';

/**
 * The base margin as XGBoost computes it from `base_score`: each step in float32. The float32
 * `base_score` is what the float64 margin's prediction rounds to. Its C library's logarithm is off by
 * a unit in the last place for about one `base_score` in 500; this one is rounded correctly.
 */
export function float32BaseMargin(forest: Forest): number {
  const score = Math.fround(inverseLink(forest.objective)(forest.baseMargin));
  const link = linkOf(forest.objective);
  if (forest.rules === 'lightgbm' || link === 'identity') return Math.fround(forest.baseMargin);
  if (link === 'log') return Math.fround(Math.log(score));
  return Math.fround(-Math.log(Math.fround(Math.fround(1 / score) - 1)));
}
