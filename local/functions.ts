import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import { lambdaContext } from './lambda-context.ts';
import { PROJECT } from './project.ts';
import type { WiredFunction } from './wiring.ts';

/** Calls a function of the wiring by its name. */
export type Invoke = (functionName: string, event: unknown) => Promise<unknown>;

let starts = 0;

/** Loads the handlers of functions, to be called as Lambda would. */
export async function loadFunctions(functions: readonly WiredFunction[]): Promise<Invoke> {
  // A handler composes once and keeps its adapters: each start needs handlers of its own.
  const start = starts++;
  const handlers = new Map(
    await Promise.all(
      functions.map(async (wired) => {
        const url = `${pathToFileURL(join(PROJECT, `${wired.module}.ts`))}?start=${start}`;
        const handler = (await import(url))[wired.export] as (
          event: unknown,
          context: Context,
        ) => Promise<unknown>;
        return [wired.name, { handler, timeout: wired.timeoutSeconds }] as const;
      }),
    ),
  );
  return async (name, event) => {
    const wired = handlers.get(name);
    if (!wired) throw new RangeError(`no function ${name}`);
    return wired.handler(event, lambdaContext(name, wired.timeout));
  };
}

/** What the template calls a function, by the rule of the Serverless Framework. */
export function functionResource(name: string): string {
  const named = name.replaceAll('-', 'Dash').replaceAll('_', 'Underscore');
  return `${named.charAt(0).toUpperCase()}${named.slice(1)}LambdaFunction`;
}
