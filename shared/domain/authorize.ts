import { createHash } from 'node:crypto';
import type { ApiKeyStore, Clock } from '../ports.ts';

/** The scope that opens a route. A route that is not listed is opened by no key. */
export const ROUTE_SCOPES: Readonly<Record<string, string>> = {
  'POST /v1/events': 'collect',
  'POST /v1/propensity': 'score',
  'GET /v1/customers/{id}/clv': 'read',
};

export type Verdict =
  | { readonly authorized: true; readonly keyId: string }
  | { readonly authorized: false; readonly because: 'unknown_key' | 'expired' | 'wrong_scope' };

/** Keys are compared by digest alone: the store never holds what a caller presents. */
export function keyDigest(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

export async function authorize(
  key: string,
  route: string,
  deps: { readonly keys: ApiKeyStore; readonly clock: Clock },
): Promise<Verdict> {
  const record = await deps.keys.find(keyDigest(key));
  if (record === null) return { authorized: false, because: 'unknown_key' };
  if (record.expiresAt !== null && record.expiresAt <= deps.clock.now()) {
    return { authorized: false, because: 'expired' };
  }
  const scope = ROUTE_SCOPES[route];
  if (scope === undefined || !record.scopes.includes(scope)) {
    return { authorized: false, because: 'wrong_scope' };
  }
  return { authorized: true, keyId: record.keyId };
}
