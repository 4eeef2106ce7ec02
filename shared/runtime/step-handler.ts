import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { InvalidRequest } from '../errors.ts';
import { readEnvironment } from './environment.ts';
import { observed } from './observability.ts';
import { once } from './once.ts';

/**
 * A step of a state machine: its input is checked, its answer goes on in the machine's state, and an
 * error's name is what the machine's `Retry` and `Catch` match.
 */
export function stepHandler<Settings extends z.ZodType, Input extends z.ZodType>(
  environment: Settings,
  input: Input,
  compose: (settings: z.output<Settings>) => (input: z.output<Input>) => Promise<unknown>,
): (event: unknown, context: Context) => Promise<unknown> {
  const logic = once(() => compose(readEnvironment(environment, process.env)));
  return observed(async (event: unknown) => {
    const step = await logic();
    const parsed = input.safeParse(event);
    if (!parsed.success)
      throw new InvalidRequest(`the step's input: ${z.prettifyError(parsed.error)}`);
    return step(parsed.data);
  });
}
