import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { InvalidRequest } from '../errors.ts';
import { readEnvironment } from './environment.ts';
import { observed } from './observability.ts';
import { once } from './once.ts';

/**
 * A handler that a state machine calls. What it throws fails the task: the error's name is what the
 * machine retries and catches by.
 * @param input what the machine hands it
 */
export function taskHandler<Environment extends z.ZodType, Input extends z.ZodType, Output>(
  environment: Environment,
  input: Input,
  compose: (environment: z.output<Environment>) => (input: z.output<Input>) => Promise<Output>,
): (event: unknown, context: Context) => Promise<Output> {
  const logic = once(() => compose(readEnvironment(environment, process.env)));
  return observed(async (event: unknown) => {
    const parsed = input.safeParse(event);
    if (parsed.success) return (await logic())(parsed.data);
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    throw new InvalidRequest(
      `the machine handed over ${field || 'no input'}: ${issue?.message}`,
      field,
    );
  });
}
