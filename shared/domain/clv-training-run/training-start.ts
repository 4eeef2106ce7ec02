import * as z from 'zod';
import { PERFORMANCE_DROPPED } from '../clv-publication/tell-drops.ts';
import { clvTrainingRun } from './training-plan.ts';

/** Of an event of EventBridge, whether of a schedule or of a rule, what a start depends on. */
export const startingEvent = z.object({ time: z.iso.datetime(), 'detail-type': z.string() });

/** The execution that an event asks for: all drops of a day ask for one. */
export function clvTrainingStart({ time, 'detail-type': type }: z.output<typeof startingEvent>): {
  readonly name: string;
  readonly input: string;
} {
  const date = time.slice(0, 10);
  const request =
    type === PERFORMANCE_DROPPED
      ? { date, cause: 'drop', why: 'values predict worse than at release' }
      : { date, why: 'by its schedule' };
  return { name: clvTrainingRun(request), input: JSON.stringify(request) };
}
