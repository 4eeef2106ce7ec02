import type { ObjectStore } from '../../ports.ts';
import { type ClvModel, scoreCustomers } from '../clv-model.ts';
import { withActivity } from './gathered-activity.ts';
import { type PartBook, partBook } from './gathered-orders.ts';
import { partTotalsKey, scoresKey } from './publication-keys.ts';
import { scoreLines } from './score-lines.ts';
import { type ScoreTotals, totalsOf } from './score-totals.ts';
import type { ScoringPlan } from './scoring-plan.ts';

/** Midnight UTC of a day, epoch milliseconds. */
export function midnightOf(day: string): number {
  return Date.parse(`${day}T00:00:00.000Z`);
}

/** The customers of a part with all that the model looks at. */
export async function modelBook(
  { run_id: run, as_of }: Pick<ScoringPlan, 'run_id' | 'as_of'>,
  part: number,
  { document }: ClvModel,
  lake: ObjectStore,
): Promise<PartBook> {
  const at = midnightOf(as_of);
  const book = await partBook(run, part, at, lake);
  return document.activity ? withActivity(book, { run, part, at }, lake) : book;
}

/** Scores the customers of a part. Done again it writes the same objects. */
export async function scorePart(
  plan: ScoringPlan,
  part: number,
  model: ClvModel,
  lake: ObjectStore,
): Promise<ScoreTotals> {
  const at = midnightOf(plan.as_of);
  const { base, customers } = await modelBook(plan, part, model, lake);
  const scores = scoreCustomers(model, { customers }, at);
  const totals = totalsOf(scores, base);
  await lake.put(scoresKey(plan.run_id, part), scoreLines(scores));
  const bytes = new TextEncoder().encode(`${JSON.stringify(totals)}\n`);
  await lake.put(partTotalsKey(plan.run_id, part), bytes);
  return totals;
}
