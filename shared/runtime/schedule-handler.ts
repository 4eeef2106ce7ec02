import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { readEnvironment } from './environment.ts';
import { observed } from './observability.ts';
import { once } from './once.ts';

/** A handler that a schedule calls: what it does depends on nothing in the event. */
export function scheduleHandler<Schema extends z.ZodType>(
  environment: Schema,
  compose: (environment: z.output<Schema>) => () => Promise<void>,
): (event: unknown, context: Context) => Promise<void> {
  const logic = once(() => compose(readEnvironment(environment, process.env)));
  return observed(async () => (await logic())());
}
