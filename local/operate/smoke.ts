import { setTimeout as sleep } from 'node:timers/promises';
import type { CollectResponse } from '../../shared/schemas/door-event.ts';
import type { ScoreResponse } from '../../shared/schemas/score.ts';
import { breachOf } from './answer-contract.ts';
import { type Api, type ApiAnswer, askApi } from './api-client.ts';

export interface SmokeOptions {
  readonly api: Api;
  /** How soon a score must know an event. */
  readonly withinMs: number;
  /** Part of the ids of this run, so that none repeats an earlier one's. */
  readonly run: string;
}

export interface SmokeCheck {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
  readonly milliseconds: number;
}

type Route = Parameters<typeof askApi>[1];

/** What one check leaves for the next. */
class SmokeRun {
  readonly options: SmokeOptions;
  document: unknown = null;
  readonly answers: { readonly route: Route; readonly answer: ApiAnswer }[] = [];

  constructor(options: SmokeOptions) {
    this.options = options;
  }

  get visitor(): string {
    return `smoke-${this.options.run}`;
  }

  async ask(route: Route, expected: number, more: Parameters<typeof askApi>[2] = {}, key?: string) {
    const { api } = this.options;
    const answer = await askApi({ ...api, key: key ?? api.key }, route, more);
    this.answers.push({ route, answer });
    if (answer.status !== expected) {
      throw new Error(`answered ${answer.status}, not ${expected}: ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  score(): Promise<ScoreResponse> {
    const body = { anonymous_id: this.visitor, product_id: 'smoke', reasons: true };
    return this.ask('POST /v1/propensity', 200, { body }) as Promise<ScoreResponse>;
  }
}

const POLL_MS = 200;

/** In this order; each answers what it saw, or throws what was wrong. */
const CHECKS: Readonly<Record<string, (run: SmokeRun) => Promise<string>>> = {
  'is healthy': async (run) => JSON.stringify(await run.ask('GET /v1/health', 200)),

  'serves its contract': async (run) => {
    run.document = await run.ask('GET /v1/openapi.json', 200);
    const { openapi, paths } = run.document as { openapi: string; paths: object };
    return `OpenAPI ${openapi}, ${Object.keys(paths).length} paths`;
  },

  'refuses a wrong key': async (run) => {
    const body = { events: [{ event_type: 'page_view', anonymous_id: run.visitor }] };
    await run.ask('POST /v1/events', 403, { body }, `fs_wrong-${run.options.run}`);
    await run.ask('POST /v1/propensity', 403, { body: {} }, `fs_wrong-${run.options.run}`);
    return 'for events and for scores';
  },

  'refuses a request without a key': async (run) => {
    await run.ask('POST /v1/events', 401, { body: { events: [] } }, '');
    return '401';
  },

  'names what is wrong with a request': async (run) => {
    const body = { anonymous_id: 'x', no_such_field: 1 };
    const problem = (await run.ask('POST /v1/propensity', 400, { body })) as { type?: string };
    return String(problem.type);
  },

  'takes events': async (run) => {
    const events = ['page_view', 'product_view', 'add_to_cart'].map((event_type) => ({
      event_type,
      anonymous_id: run.visitor,
      product_id: 'smoke',
      price: 10,
      currency: 'EUR',
    }));
    const { accepted } = (await run.ask('POST /v1/events', 202, {
      body: { events },
    })) as CollectResponse;
    if (accepted !== events.length) throw new Error(`${accepted} of ${events.length} accepted`);
    return `${accepted} accepted`;
  },

  'gives a repeated request the same event ids': async (run) => {
    const body = { events: [{ event_type: 'page_view', anonymous_id: `${run.visitor}-again` }] };
    const headers = { 'idempotency-key': `smoke-${run.options.run}` };
    const ids: string[] = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await run.ask('POST /v1/events', 202, { body, headers });
      ids.push(JSON.stringify((answer as CollectResponse).results));
    }
    if (ids[0] !== ids[1]) throw new Error(`${ids[0]}, then ${ids[1]}`);
    return 'Idempotency-Key is honoured';
  },

  'scores what was just sent': async (run) => {
    const begun = performance.now();
    for (;;) {
      const { features_as_of, degraded, propensity } = await run.score();
      const elapsed = Math.round(performance.now() - begun);
      if (features_as_of !== null && !degraded) return `${propensity} after ${elapsed} ms`;
      if (elapsed > run.options.withinMs) {
        throw new Error(
          `after ${elapsed} ms the features are as of ${features_as_of}${degraded ? ', the answer degraded' : ''}`,
        );
      }
      await sleep(POLL_MS);
    }
  },

  'gives its reasons': async (run) => {
    const { reasons = [] } = await run.score();
    if (reasons.length === 0) throw new Error('none');
    return reasons
      .slice(0, 3)
      .map(({ feature, value }) => `${feature} = ${value}`)
      .join(', ');
  },

  'answers as its contract says': async (run) => {
    if (run.document === null) throw new Error('no contract was served');
    const breaches = run.answers
      .map(({ route, answer }) => breachOf(run.document, route, answer))
      .filter((breach) => breach !== null);
    if (breaches.length > 0) throw new Error([...new Set(breaches)].join('; '));
    return `${run.answers.length} answers`;
  },
};

/** Every check runs, also after one has failed. */
export async function smoke(
  options: SmokeOptions,
  tell: (check: SmokeCheck) => void,
): Promise<readonly SmokeCheck[]> {
  const run = new SmokeRun(options);
  const checks: SmokeCheck[] = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    const begun = performance.now();
    const outcome = await check(run).then(
      (detail) => ({ passed: true, detail }),
      (error: Error) => ({ passed: false, detail: reasonOf(error) }),
    );
    const done = { name, ...outcome, milliseconds: Math.round(performance.now() - begun) };
    checks.push(done);
    tell(done);
  }
  return checks;
}

/** Of `fetch`, which says only that it failed, what lies behind. */
function reasonOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error
    ? `${error.message}: ${cause.message || cause.name}`
    : error.message;
}
