import type { Objective } from './forest.ts';
import { linkFunction, linkOf } from './objective.ts';

/**
 * The margin of a `base_score`, which files hold as float32 and, from 1.0 on, as a probability or a
 * mean by objective.
 * @returns NaN where the score is outside the objective's range
 */
export function marginOfBaseScore(score: number, objective: Objective): number {
  const float32 = Math.fround(score);
  const link = linkOf(objective);
  if (link !== 'identity' && !(float32 > 0)) return Number.NaN;
  if (link === 'logit' && !(float32 < 1)) return Number.NaN;
  return linkFunction(objective)(float32);
}
