import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { authorizerEvent } from './http-event.ts';
import type { Authorizer } from './wiring.ts';

export type Verdict = 'authorized' | 'unauthorized' | 'forbidden';

/** Verdicts kept at most; a caller that tries many keys pushes out old ones, not memory. */
const MAX_CACHED = 10_000;

/** Asks an authorizer function as an HTTP API does, and remembers its answer for a while. */
export class Authorization {
  readonly #authorizer: Authorizer;
  readonly #invoke: (event: unknown) => Promise<unknown>;
  readonly #now: () => number;
  readonly #cache = new Map<string, { readonly verdict: Verdict; readonly until: number }>();

  /** @param now milliseconds of any steady clock */
  constructor(
    authorizer: Authorizer,
    invoke: (event: unknown) => Promise<unknown>,
    now: () => number,
  ) {
    this.#authorizer = authorizer;
    this.#invoke = invoke;
    this.#now = now;
  }

  /** A request without one of the identity sources is refused without asking the function. */
  async verdict(event: APIGatewayProxyEventV2): Promise<Verdict> {
    const identity = this.#authorizer.identitySource.map((source) => identityOf(source, event));
    if (!identity.every((part) => part !== undefined && part !== '')) return 'unauthorized';
    const key = JSON.stringify(identity);
    const cached = this.#cache.get(key);
    if (cached && this.#now() < cached.until) return cached.verdict;
    const answer = await this.#invoke(authorizerEvent(event, identity as string[]));
    const { isAuthorized } = (answer ?? {}) as { isAuthorized?: unknown };
    const verdict = isAuthorized === true ? 'authorized' : 'forbidden';
    this.#remember(key, verdict);
    return verdict;
  }

  #remember(key: string, verdict: Verdict): void {
    const { ttlSeconds } = this.#authorizer;
    if (ttlSeconds === 0) return;
    this.#cache.delete(key); // to the end: the oldest verdict is the first one
    this.#cache.set(key, { verdict, until: this.#now() + ttlSeconds * 1000 });
    if (this.#cache.size <= MAX_CACHED) return;
    const oldest = this.#cache.keys().next().value;
    if (oldest !== undefined) this.#cache.delete(oldest);
  }
}

function identityOf(source: string, event: APIGatewayProxyEventV2): string | undefined {
  if (source === '$context.routeKey') return event.routeKey;
  return event.headers[source.replace('$request.header.', '').toLowerCase()];
}
