import type { RawEvent } from '../schemas/raw-event.ts';
import { admit, rawEventOf } from './door-event.ts';
import { type Enrichment, type EnrichmentRules, enrichRecord } from './enrich.ts';
import type { ShopEvent } from './formats/source-format.ts';
import type { PseudonymKeyRing } from './identity.ts';

/** Where an event comes from: this alone gives its order key, so that it is the same every time. */
export interface SourcePlace {
  /** Hex digest of the file's content. */
  readonly digest: string;
  /** 1-based. */
  readonly row: number;
  /** Epoch milliseconds at which the shop received the event. */
  readonly at: number;
}

export type Taken =
  | { readonly refused: { readonly field: string | null; readonly reason: string } }
  | { readonly raw: RawEvent; readonly enrichment: Enrichment };

const ROW_DIGITS = 10;
const NOTHING_KNOWN = { user_agent: null, ip_network: null, country: null };

/**
 * Takes an event of a file the way a live one goes: the door's checks and pseudonyms, then
 * enrichment. Events of one file and one instant keep the order of their rows.
 */
export function takeEvent(
  event: ShopEvent,
  place: SourcePlace,
  rules: EnrichmentRules & { readonly keyRing: PseudonymKeyRing },
): Taken {
  const admission = admit(event);
  if ('refused' in admission) return admission;
  const requestId = `${place.digest.slice(0, 16)}-${String(place.row).padStart(ROW_DIGITS, '0')}`;
  const receipt = {
    receivedAt: place.at,
    requestId,
    index: 0,
    idempotencyKey: null,
    door: NOTHING_KNOWN,
  };
  const raw = rawEventOf(admission.admitted, receipt, rules.keyRing);
  return { raw, enrichment: enrichRecord(raw, rules) };
}
