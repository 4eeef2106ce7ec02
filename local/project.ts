import { join } from 'node:path';
import { readWiring, type Wiring } from './wiring.ts';

/** The folder of serverless.yml. */
export const PROJECT = join(import.meta.dirname, '..');

/** @throws UnsupportedWiring */
export function readProjectWiring(stage: string): Wiring {
  return readWiring(join(PROJECT, 'serverless.yml'), stage);
}
