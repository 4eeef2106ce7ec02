import type * as z from 'zod';
import type { CountryLookup } from '../ports.ts';
import type { BadRow } from '../schemas/bad-row.ts';
import {
  CHANNEL_TYPES,
  DEVICE_TYPES,
  type EnrichedEvent,
  EVENT_SCHEMA_VERSION,
  EVENT_TYPES,
  type EventType,
  enrichedEvent,
} from '../schemas/event.ts';
import type { RawEvent } from '../schemas/raw-event.ts';
import { EVENT_TYPE_ALIASES } from './aliases.ts';
import { channelOf } from './channel.ts';
import type { Agent } from './device.ts';

/** A client clock may run ahead by this much before the event is rejected. */
const MAX_CLOCK_LEAD_MS = 5 * 60_000;

export interface EnrichmentRules {
  readonly country: CountryLookup['country'];
  readonly agent: (userAgent: string | null) => Agent;
}

export type Enrichment = { readonly enriched: EnrichedEvent } | { readonly bad: BadRow };

/** Why a record cannot become a canonical event. */
interface Rejection {
  readonly reason: string;
  readonly field: string | null;
  readonly message: string;
}

/** Types that say nothing without a product. */
const NEEDS_PRODUCT: ReadonlySet<EventType> = new Set([
  'product_view',
  'add_to_cart',
  'remove_from_cart',
  'purchase',
  'refund',
]);
/** Types that count pieces; one where none is given. */
const COUNTS_PIECES: ReadonlySet<EventType> = new Set([
  'add_to_cart',
  'remove_from_cart',
  'purchase',
  'refund',
]);
/** Types that no experiment can judge without what they answer to. */
const ANSWERS_TO: ReadonlySet<EventType> = new Set([
  'offer_shown',
  'offer_clicked',
  'email_opened',
  'email_clicked',
  'unsubscribed',
]);

/**
 * Turns what the door took into the canonical event, or into a bad row with the reason. Pure:
 * the same record gives the same answer, whenever and however often it is delivered.
 */
export function enrichRecord(raw: RawEvent, rules: EnrichmentRules): Enrichment {
  const candidate = canonical(raw, rules);
  if ('reason' in candidate) return { bad: badRowOf(raw, candidate) };
  const parsed = enrichedEvent.safeParse(candidate);
  return parsed.success
    ? { enriched: parsed.data }
    : { bad: badRowOf(raw, rejectionOf(parsed.error)) };
}

function badRowOf(raw: RawEvent, rejection: Rejection): BadRow {
  return {
    bad_row_id: `${raw.order_key}~${raw.attempt}`,
    order_key: raw.order_key,
    attempt: raw.attempt,
    rejected_at: raw.received_at,
    ...rejection,
    payload: JSON.stringify(raw),
  };
}

function rejectionOf(error: z.ZodError): Rejection {
  const issue = error.issues[0];
  const field = issue?.path.join('.') || null;
  return { reason: `invalid_${field ?? 'event'}`, field, message: issue?.message ?? 'is invalid' };
}

function canonical(raw: RawEvent, rules: EnrichmentRules): EnrichedEvent | Rejection {
  const { event, door } = raw;
  const event_type = eventType(event.event_type);
  if (event_type === null) {
    return {
      reason: 'unknown_event_type',
      field: 'event_type',
      message: `${JSON.stringify(event.event_type)} is none of ${EVENT_TYPES.join(', ')}`,
    };
  }
  const missing = missingField(event_type, event);
  if (missing !== null) {
    return {
      reason: 'missing_field',
      field: missing,
      message: `a ${event_type} event needs ${missing}`,
    };
  }
  const event_timestamp = eventTime(event.event_timestamp, raw.received_at);
  if (event_timestamp === null) {
    return {
      reason: 'future_timestamp',
      field: 'event_timestamp',
      message: `${event.event_timestamp} is over 5 minutes after its receipt at ${raw.received_at}`,
    };
  }
  const agent = rules.agent(door.user_agent);
  const page_url = event.page_url ?? null;
  const referrer = event.referrer ?? null;
  return {
    event_id: event.event_id,
    event_type,
    event_timestamp,
    received_at: raw.received_at,
    order_key: raw.order_key,
    visitor: raw.visitor,
    user_id: event.user_id ?? null,
    anonymous_id: event.anonymous_id ?? null,
    session_id: event.session_id ?? null,
    product_id: event.product_id ?? null,
    product_category: event.product_category?.trim() || 'unknown',
    brand: event.brand || null,
    price: event.price ?? null,
    quantity: event.quantity ?? (COUNTS_PIECES.has(event_type) ? 1 : null),
    currency: event.currency?.toUpperCase() || null,
    order_id: event.order_id ?? (event_type === 'purchase' ? event.event_id : null),
    query: event.query?.trim().toLowerCase() || null,
    device_type: member(DEVICE_TYPES, event.device_type) ?? agent.device,
    channel_type: member(CHANNEL_TYPES, event.channel_type) ?? channelOf(page_url, referrer),
    country: country(event.country) ?? door.country ?? countryOf(door.ip_network, rules),
    page_url,
    referrer,
    decision_id: event.decision_id ?? null,
    campaign_id: event.campaign_id ?? null,
    is_bot: agent.isBot,
    schema_version: EVENT_SCHEMA_VERSION,
  };
}

function eventType(value: string): EventType | null {
  const name = value
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  if ((EVENT_TYPES as readonly string[]).includes(name)) return name as EventType;
  return Object.hasOwn(EVENT_TYPE_ALIASES, name) ? (EVENT_TYPE_ALIASES[name] ?? null) : null;
}

function missingField(type: EventType, event: RawEvent['event']): string | null {
  if (NEEDS_PRODUCT.has(type) && event.product_id == null) return 'product_id';
  if (type === 'identify' && event.user_id == null) return 'user_id';
  if (ANSWERS_TO.has(type) && event.decision_id == null && event.campaign_id == null) {
    return 'decision_id';
  }
  return null;
}

/** The client's time in UTC milliseconds, the receipt's where it leads a little; null: too far. */
function eventTime(value: string | null | undefined, receivedAt: string): string | null {
  if (value == null) return receivedAt;
  const time = Date.parse(value);
  const received = Date.parse(receivedAt);
  if (time > received + MAX_CLOCK_LEAD_MS) return null;
  return time > received ? receivedAt : new Date(time).toISOString();
}

function countryOf(network: string | null, rules: EnrichmentRules): string | null {
  return network === null ? null : rules.country(network);
}

function country(value: string | null | undefined): string | null {
  const code = value?.toUpperCase() ?? '';
  return /^[A-Z]{2}$/.test(code) ? code : null;
}

function member<Name extends string>(
  names: readonly Name[],
  value: string | null | undefined,
): Name | null {
  if (value == null) return null;
  const name = value
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  return (names as readonly string[]).includes(name) ? (name as Name) : null;
}
