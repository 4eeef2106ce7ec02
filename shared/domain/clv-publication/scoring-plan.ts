import * as z from 'zod';
import { InvalidRequest, StaleSnapshot } from '../../errors.ts';
import type { ClvPointer, ClvPublication } from '../../schemas/clv.ts';

/** What starts the machine `clv-scoring`: by its schedule the day alone, more by hand. */
export const scoringRequest = z.strictObject({
  /** Orders before this day count; the day on which it is asked where it is not given. */
  as_of: z.iso.date().optional(),
  /** Where the trees are evaluated. */
  scorer: z.enum(['embedded', 'sagemaker']).default('embedded'),
  /** In how many the base is cut: at most some 50,000 customers each. */
  parts: z.number().int().min(1).max(1000).default(4),
  /** Why a mean far from last week's is right, e.g. another model: then it halts nothing. */
  accept_shift: z.string().min(1).max(200).optional(),
  /** `EventBridge` adds the time of the schedule, ISO 8601. */
  time: z.iso.datetime().optional(),
});
export type ScoringRequest = z.output<typeof scoringRequest>;

const previous = z.strictObject({ run_id: z.string(), as_of: z.iso.date() }).nullable();

/** What every step of a run is told: settled once, so that a redrive does the same. */
export const scoringPlan = z.strictObject({
  run_id: z.string(),
  as_of: z.iso.date(),
  model_version: z.string(),
  horizon_days: z.number().int().min(1),
  scorer: z.enum(['embedded', 'sagemaker']),
  /** Objects of orders are read in so many chunks, customers scored in so many parts. */
  chunks: z.number().int().min(0),
  parts: z.number().int().min(1),
  previous,
  accepted_shift: z.string().nullable(),
});
export type ScoringPlan = z.infer<typeof scoringPlan>;

/** The machine's execution of a day has this name: a repeated start is the same run. */
export function runOf(asOf: string): string {
  return `clv-scoring-${asOf}`;
}

/**
 * The day that a request is about.
 * @param now epoch milliseconds, for a request that names neither day nor time
 * @throws InvalidRequest for a day to come: its orders are not known yet
 */
export function asOfDay({ as_of, time }: ScoringRequest, now: number): string {
  const today = new Date(now).toISOString().slice(0, 10);
  const day = as_of ?? time?.slice(0, 10) ?? today;
  if (day > today)
    throw new InvalidRequest(
      `as_of ${day} has not begun: orders until then would be missing`,
      'as_of',
    );
  return day;
}

/**
 * The publication that a run is compared with: the current one, or where that is of the same day
 * what it was compared with itself.
 * @throws StaleSnapshot where the current one is of a later day
 */
export function previousOf(
  asOf: string,
  current: Pick<ClvPublication, 'run_id' | 'as_of' | 'previous'> | null,
): Pick<ClvPointer, 'run_id' | 'as_of'> | null {
  if (current === null) return null;
  if (current.as_of > asOf)
    throw new StaleSnapshot(
      `customer values as of ${current.as_of} are published: those of ${asOf} do not replace them`,
    );
  if (current.as_of === asOf) return current.previous;
  return { run_id: current.run_id, as_of: current.as_of };
}
