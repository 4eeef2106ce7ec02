import { InvalidPublication } from '../../errors.ts';
import type { ObjectStore, OnlineStore } from '../../ports.ts';
import type { RetryRules } from '../put-all.ts';
import { type LoadedValues, loadValues } from './online-values.ts';
import { partFilesKey, scoresKey } from './publication-keys.ts';
import { writePublished } from './published-files.ts';
import { parseScoreLines } from './score-lines.ts';
import type { ScoringPlan } from './scoring-plan.ts';

/**
 * Writes the files and the online items of a part's scores. Done again it changes nothing.
 * @throws InvalidPublication where the part was not scored; MalformedRecord, StoreUnavailable
 */
export async function publishPart(
  { run_id, as_of, model_version, horizon_days }: ScoringPlan,
  part: number,
  deps: { readonly lake: ObjectStore; readonly store: OnlineStore; readonly retry: RetryRules },
): Promise<LoadedValues> {
  const key = scoresKey(run_id, part);
  const bytes = await deps.lake.get(key);
  if (bytes === null) throw new InvalidPublication(`${key} is missing: redrive the run`);
  const scores = parseScoreLines(bytes, key);
  const as = { as_of, model_version, horizon_days };
  const files = await writePublished(part, scores, as, deps.lake);
  await deps.lake.put(
    partFilesKey(run_id, part),
    new TextEncoder().encode(`${JSON.stringify(files)}\n`),
  );
  return loadValues(scores, as, deps.store, deps.retry);
}
