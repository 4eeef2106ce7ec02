import type { Routing } from '../shared/schemas/routing.ts';

/** The routing by which one version of the propensity model serves everybody. */
export function routingTo(champion: string, more: Partial<Routing> = {}): Routing {
  return {
    model: 'propensity',
    champion,
    previous: null,
    challenger: null,
    percent_bp: 0,
    shadows: [],
    salt: 's',
    epoch: 1,
    release_execution: null,
    ...more,
  };
}
