import type { Cors } from './wiring.ts';

/** What an HTTP API adds to an answer for this origin; nothing where it is not allowed. */
export function corsHeaders(cors: Cors, origin: string | undefined): Record<string, string> {
  const allowed = allowedOrigin(cors, origin);
  if (allowed === null) return {};
  return {
    'access-control-allow-origin': allowed,
    ...(cors.credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(cors.exposed.length > 0 ? { 'access-control-expose-headers': cors.exposed.join(',') } : {}),
    ...(allowed === '*' ? {} : { vary: 'origin' }),
  };
}

/** The gateway's own answer to a preflight request. */
export function preflightHeaders(cors: Cors, origin: string | undefined): Record<string, string> {
  if (allowedOrigin(cors, origin) === null) return {};
  return {
    ...corsHeaders(cors, origin),
    'access-control-allow-methods': cors.methods.join(','),
    'access-control-allow-headers': cors.headers.join(','),
    ...(cors.maxAgeSeconds === null ? {} : { 'access-control-max-age': `${cors.maxAgeSeconds}` }),
  };
}

function allowedOrigin({ origins }: Cors, origin: string | undefined): string | null {
  if (origin === undefined) return null;
  if (origins.includes('*')) return '*';
  return origins.includes(origin) ? origin : null;
}
