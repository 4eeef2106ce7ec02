import { type Routing, routing } from '../schemas/routing.ts';
import { bucket } from './bucket.ts';

export interface Assignment {
  readonly variant: 'champion' | 'challenger';
  readonly version: string;
}

export function routingKey(model: string): string {
  return `routing#${model}`;
}

/** @throws ZodError when the item is no routing: nothing but the platform writes it */
export function parseRouting(state: string): Routing {
  return routing.parse(JSON.parse(state));
}

/** The version that scores a unit. The same unit stays in one arm while salt and percent stay. */
export function assign(table: Routing, unit: string): Assignment {
  const { challenger, champion, percent_bp, salt } = table;
  if (challenger !== null && bucket(salt, unit) < percent_bp) {
    return { variant: 'challenger', version: challenger };
  }
  return { variant: 'champion', version: champion };
}
