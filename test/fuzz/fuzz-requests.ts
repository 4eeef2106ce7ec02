import { Agent, request } from 'node:http';
import fc from 'fast-check';
import type { Platform } from '../../local/platform.ts';
import { FIELD_ALIASES } from '../../shared/domain/aliases.ts';
import type { CollectResponse } from '../../shared/schemas/door-event.ts';
import { type Answer, Contract } from '../openapi/contract.ts';
import { type HostileRequest, hostileRequest } from './hostile-request.ts';

/** Requests under way at once: as many share a commit, so that a disk's sync costs little. */
const AT_ONCE = 100;
const EVENTS = 'POST /v1/events';
const EVENT = ['components', 'schemas', 'CollectRequest', 'properties', 'events', 'items'];
/** What the document says in words only: bytes are no property of a JSON string. */
const BEYOND_SCHEMAS = 'must be Unicode text of at most 128 bytes of UTF-8';

export interface FuzzTotals {
  readonly requests: number;
  readonly events: { readonly accepted: number; readonly refused: number };
  /** Answers by status. */
  readonly answers: Readonly<Record<number, number>>;
}

/**
 * Sends generated requests to a platform.
 * @param count a multiple of 100
 * @throws where an answer is a 5xx, is not in the document, or says of an event what the document
 *   does not; names the request
 */
export async function fuzzRequests(
  platform: Platform,
  count: number,
  seed: number,
): Promise<FuzzTotals> {
  const contract = new Contract(await (await fetch(`${platform.url}/v1/openapi.json`)).json());
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const totals = { requests: 0, events: { accepted: 0, refused: 0 }, answers: {} };
  const batches = fc.array(hostileRequest(platform.apiKey), {
    minLength: AT_ONCE,
    maxLength: AT_ONCE,
  });
  const probe = async (sent: HostileRequest) => {
    const answer = await send(platform.url, agent, sent);
    const fault = faultOf(contract, sent, answer);
    if (fault !== null) throw new Error(`${fault}\n${described(sent, answer)}`);
    tally(totals, sent, answer);
  };
  try {
    const property = fc.asyncProperty(batches, async (batch) => {
      await Promise.all(batch.map(probe));
    });
    await fc.assert(property, {
      numRuns: count / AT_ONCE,
      seed,
      // The error names the one request at fault: nothing is left to shrink.
      endOnFailure: true,
      asyncReporter: async ({ errorInstance }) => {
        if (errorInstance !== null) throw errorInstance;
      },
    });
  } finally {
    agent.destroy();
  }
  return totals;
}

function send(url: string, agent: Agent, sent: HostileRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, path, body } = sent;
    const headers = { ...sent.headers, 'content-length': body.length };
    const outgoing = request(`${url}${path}`, { method, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function faultOf(contract: Contract, sent: HostileRequest, answer: Answer): string | null {
  const route = routeOf(sent);
  if (answer.status >= 500) return 'a failure';
  if (sent.method === 'OPTIONS') return null; // the gateway's own, by the rules of CORS
  const operation = contract.operations.get(route);
  if (operation === undefined) return answer.status === 404 ? null : 'there is no such route';
  const violation = contract.violation(route, answer);
  if (violation !== null) return violation;
  const key = sent.headers['x-api-key'] ?? '';
  if (operation.security.length > 0 && key === '' && answer.status !== 401) return 'no key opens';
  return route === EVENTS && answer.status === 202 ? eventFault(contract, sent, answer) : null;
}

/** The key of the route that a path is one of, where it has a parameter. */
function routeOf({ method, path }: HostileRequest): string {
  const [pathname = ''] = path.split(/[?#]/, 1);
  return /^\/v1\/customers\/[^/]+\/clv$/.test(pathname)
    ? `${method} /v1/customers/{id}/clv`
    : `${method} ${path}`;
}

/** An event is accepted where the document says so, and refused where the document says that. */
function eventFault(contract: Contract, sent: HostileRequest, answer: Answer): string | null {
  const { events } = JSON.parse(Buffer.from(sent.body).toString('utf8')) as { events: unknown[] };
  const { results } = JSON.parse(answer.body) as CollectResponse;
  if (results.length !== events.length)
    return `${results.length} results of ${events.length} events`;
  for (const [index, event] of events.entries()) {
    if (hasOtherNames(event)) continue;
    const result = results[index] as CollectResponse['results'][number];
    const mismatch = contract.mismatch(EVENT, event);
    if (result.status === 'accepted') {
      if (mismatch !== null) return `accepted event ${index}: ${mismatch}`;
    } else if (mismatch === null && result.reason !== BEYOND_SCHEMAS) {
      return `refused event ${index}`;
    }
  }
  return null;
}

/** Whether an event has names that only the door understands. */
function hasOtherNames(event: unknown): boolean {
  if (typeof event !== 'object' || event === null) return false;
  return Object.keys(event).some((name) => name === 'email' || Object.hasOwn(FIELD_ALIASES, name));
}

function described(sent: HostileRequest, { status, contentType, body }: Answer): string {
  const { method, path, headers } = sent;
  const shown = Buffer.from(sent.body).toString('latin1').slice(0, 2000);
  return `${method} ${path} ${JSON.stringify(headers)}\n${JSON.stringify(shown)}\n→ ${status} ${contentType}\n${body.slice(0, 2000)}`;
}

function tally(
  totals: {
    requests: number;
    events: { accepted: number; refused: number };
    answers: Record<number, number>;
  },
  { method, path }: HostileRequest,
  { status, body }: Answer,
): void {
  totals.requests++;
  totals.answers[status] = (totals.answers[status] ?? 0) + 1;
  if (`${method} ${path}` !== EVENTS || status !== 202) return;
  const { accepted, refused } = JSON.parse(body) as CollectResponse;
  totals.events.accepted += accepted;
  totals.events.refused += refused;
}
