import { resolve } from 'node:path';
import { environmentOf, type Wiring } from './wiring.ts';

/** Gives this process the environment of all functions, with a data directory instead of AWS. */
export function useEnvironment(wiring: Wiring, dataDir: string): void {
  Object.assign(process.env, environmentOf(wiring), {
    FORESIGHT_DATA_DIR: resolve(dataDir),
    // Metrics in the embedded format are for CloudWatch; here they would drown the terminal.
    POWERTOOLS_METRICS_DISABLED: 'true',
    POWERTOOLS_LOG_LEVEL: process.env['POWERTOOLS_LOG_LEVEL'] ?? 'ERROR',
  });
}

/** @throws UnsupportedWiring where no function knows the variable */
export function resourceNamed(variable: string): string {
  const name = process.env[variable];
  if (name === undefined) throw new RangeError(`no function of the wiring knows ${variable}`);
  return name;
}
