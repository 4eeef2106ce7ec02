import { InvalidRequest, StreamUnavailable } from '../errors.ts';
import type { EventStream, ReceiveTime } from '../ports.ts';
import {
  type CollectResponse,
  type CollectResult,
  collectRequest,
  idempotencyKey,
} from '../schemas/door-event.ts';
import type { RawEvent } from '../schemas/raw-event.ts';
import { admit, keptAgent, rawEventOf } from './door-event.ts';
import { networkPrefix, type PseudonymKeyRing } from './identity.ts';
import { parseJson } from './parse-json.ts';
import { putAll, type RetryRules } from './put-all.ts';

/** A request at the door, reduced to what collection needs. */
export interface DoorRequest {
  readonly body: string;
  readonly requestId: string;
  readonly idempotencyKey: string | null;
  readonly userAgent: string | null;
  readonly sourceIp: string | null;
  /** Two-letter country by the CDN, where there is one. */
  readonly country: string | null;
}

export interface Collection {
  readonly stream: EventStream;
  readonly receiveTime: ReceiveTime;
  readonly keyRing: PseudonymKeyRing;
  readonly retry: RetryRules;
}

/**
 * Takes 1–100 events and answers for each. An accepted event is durable in the stream when this
 * returns.
 * @throws BodyTooLarge, InvalidRequest when the request as a whole is unusable
 * @throws StreamUnavailable when no admissible event could be stored: the request may be repeated
 */
export async function collect(request: DoorRequest, deps: Collection): Promise<CollectResponse> {
  checkIdempotencyKey(request.idempotencyKey);
  const candidates = parseBody(request.body);
  const results: CollectResult[] = [];
  const admitted: { index: number; raw: RawEvent }[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const admission = admit(candidate);
    if ('refused' in admission) {
      results[index] = { status: 'refused', ...admission.refused };
      continue;
    }
    const receivedAt = deps.receiveTime(candidate);
    const receipt = { ...request, receivedAt, index, door: doorFacts(request) };
    const raw = rawEventOf(admission.admitted, receipt, deps.keyRing);
    admitted.push({ index, raw });
    results[index] = {
      status: 'accepted',
      event_id: raw.event.event_id,
      ...(admission.ignored.length === 0 ? {} : { ignored: [...admission.ignored] }),
    };
  }
  const outcome = await putAll(
    (entries) => deps.stream.putRecords(entries),
    admitted.map(({ raw }) => ({ partitionKey: raw.visitor, data: JSON.stringify(raw) })),
    deps.retry,
  );
  if (admitted.length > 0 && outcome.every((failure) => failure !== null)) {
    throw new StreamUnavailable('no event could be stored: repeat the request with the same ids');
  }
  for (const [position, failure] of outcome.entries()) {
    const entry = admitted[position];
    if (failure === null || entry === undefined) continue;
    const reason = 'not_stored: send this event again with the same event_id';
    results[entry.index] = { status: 'refused', field: null, reason };
  }
  const accepted = results.filter(({ status }) => status === 'accepted').length;
  return { accepted, refused: results.length - accepted, results };
}

/** Under an empty key all shops' events would have the same ids, and count as repetitions. */
function checkIdempotencyKey(key: string | null): void {
  if (key === null || idempotencyKey.safeParse(key).success) return;
  throw new InvalidRequest('Idempotency-Key: give 1 to 255 characters', 'Idempotency-Key');
}

/**
 * @throws BodyTooLarge over 64 KB, InvalidRequest where it isn't `{"events": […]}`
 */
function parseBody(body: string): readonly unknown[] {
  const parsed = collectRequest.safeParse(parseJson(body));
  if (parsed.success) return parsed.data.events;
  const issue = parsed.error.issues[0];
  throw new InvalidRequest(
    `expected {"events": [1 to 100 events]}: ${issue?.message ?? 'invalid'}`,
    issue?.path.join('.') || 'events',
  );
}

function doorFacts(request: DoorRequest): RawEvent['door'] {
  return {
    user_agent: request.userAgent === null ? null : keptAgent(request.userAgent),
    ip_network: request.sourceIp === null ? null : networkPrefix(request.sourceIp),
    country: /^[A-Z]{2}$/.test(request.country ?? '') ? request.country : null,
  };
}
