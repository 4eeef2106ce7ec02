import type * as z from 'zod';
import { InvalidEnvironment } from '../errors.ts';

/**
 * Reads a function's environment by its contract.
 * @throws InvalidEnvironment naming each variable that is missing or malformed
 */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  variables: Readonly<Record<string, string | undefined>>,
): z.output<Schema> {
  const parsed = schema.safeParse(variables);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new InvalidEnvironment(`environment of this function: ${faults.join('; ')}`);
}
