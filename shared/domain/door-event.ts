import type { DoorEvent } from '../schemas/door-event.ts';
import { doorEvent } from '../schemas/door-event.ts';
import type { RawEvent } from '../schemas/raw-event.ts';
import { FIELD_ALIASES } from './aliases.ts';
import { nameBasedId } from './event-id.ts';
import { type PseudonymKeyRing, pseudonymise } from './identity.ts';
import { keptUrl } from './kept-url.ts';

export type Admission =
  | { readonly admitted: DoorEvent; readonly ignored: readonly string[] }
  | { readonly refused: { readonly field: string | null; readonly reason: string } };

const FIELDS = new Set(Object.keys(doorEvent.shape));

/**
 * Checks one event's shape and bounds, under canonical field names. What has no place in the
 * contract is named and not kept, so that nothing personal slips into the lake unseen.
 */
export function admit(candidate: unknown): Admission {
  if (typeof candidate !== 'object' || candidate === null || Array.isArray(candidate)) {
    return { refused: { field: null, reason: 'must be an object' } };
  }
  const { fields, ignored } = canonicalFields(candidate as Record<string, unknown>);
  const parsed = doorEvent.safeParse(fields);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return {
      refused: { field: issue?.path.join('.') || null, reason: issue?.message ?? 'is invalid' },
    };
  }
  if (parsed.data.anonymous_id == null && parsed.data.user_id == null) {
    return { refused: { field: 'anonymous_id', reason: 'give anonymous_id or user_id' } };
  }
  return { admitted: parsed.data, ignored };
}

/** The door's own facts about an admitted event. */
export interface Receipt {
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly requestId: string;
  readonly index: number;
  readonly idempotencyKey: string | null;
  readonly door: RawEvent['door'];
}

/** The record for the stream: pseudonyms for personal identifiers, ids and order key filled in. */
export function rawEventOf(event: DoorEvent, receipt: Receipt, ring: PseudonymKeyRing): RawEvent {
  const { user_agent, ...fields } = event;
  const received_at = new Date(receipt.receivedAt).toISOString();
  const order_key = orderKey(received_at, receipt.requestId, receipt.index);
  const user_id = event.user_id == null ? null : pseudonymise(ring, event.user_id);
  const event_id =
    event.event_id ??
    nameBasedId(
      receipt.idempotencyKey === null ? order_key : `${receipt.idempotencyKey}:${receipt.index}`,
    );
  return {
    order_key,
    received_at,
    visitor: event.anonymous_id ?? (user_id as string),
    attempt: 0,
    event: {
      ...fields,
      event_id,
      user_id,
      page_url: event.page_url == null ? null : keptUrl(event.page_url),
      referrer: event.referrer == null ? null : keptUrl(event.referrer),
    },
    door:
      user_agent == null ? receipt.door : { ...receipt.door, user_agent: keptAgent(user_agent) },
  };
}

const MAX_USER_AGENT = 512;

/** Agents beyond any browser's length tell nothing more. */
export function keptAgent(userAgent: string): string {
  return userAgent.slice(0, MAX_USER_AGENT).toWellFormed();
}

/** Sorts as text into the order of acceptance. */
export function orderKey(receivedAt: string, requestId: string, index: number): string {
  return `${receivedAt}~${requestId}~${String(index).padStart(3, '0')}`;
}

function canonicalFields(candidate: Record<string, unknown>) {
  const fields: Record<string, unknown> = {};
  const ignored: string[] = [];
  for (const name of Object.keys(candidate)) {
    if (FIELDS.has(name)) {
      fields[name] = candidate[name];
      continue;
    }
    const canonical = Object.hasOwn(FIELD_ALIASES, name) ? FIELD_ALIASES[name] : undefined;
    if (canonical !== undefined && candidate[canonical] === undefined) {
      fields[canonical] ??= candidate[name];
    } else if (name === 'email' && typeof candidate[name] === 'string') {
      fields['user_id'] ??= candidate['user_id'] ?? candidate[name].trim().toLowerCase();
    } else if (ignored.length < MAX_IGNORED_NAMES) {
      ignored.push(name.slice(0, 64).toWellFormed());
    }
  }
  return { fields, ignored };
}

const MAX_IGNORED_NAMES = 20;
