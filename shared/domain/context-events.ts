import { InvalidRequest } from '../errors.ts';
import type { EnrichedEvent } from '../schemas/event.ts';
import type { ScoreRequest } from '../schemas/score.ts';
import { admit, rawEventOf } from './door-event.ts';
import { type EnrichmentRules, enrichRecord } from './enrich.ts';
import type { PseudonymKeyRing } from './identity.ts';

/** The request comes from the shop's server: its agent and address say nothing of the shopper. */
const rules: EnrichmentRules = {
  country: () => null,
  agent: () => ({ device: 'unknown', isBot: false }),
};

/**
 * The request's own events in canonical form, as if received now, in the order given. They belong
 * to the request's subject, whoever they name.
 * @param requestId names the events that have no id of their own
 * @throws InvalidRequest where an event would not pass the door and enrichment
 */
export function contextEvents(
  request: ScoreRequest,
  receipt: { readonly now: number; readonly requestId: string; readonly keyRing: PseudonymKeyRing },
): EnrichedEvent[] {
  return (request.context?.events ?? []).map((candidate, index) => {
    const { anonymous_id = null, user_id = null } = request;
    const admission = admit({ ...candidate, anonymous_id, user_id });
    if ('refused' in admission) throw invalid(index, admission.refused);
    const raw = rawEventOf(
      admission.admitted,
      {
        receivedAt: receipt.now,
        requestId: receipt.requestId,
        index,
        idempotencyKey: null,
        door: { user_agent: null, ip_network: null, country: null },
      },
      receipt.keyRing,
    );
    const enrichment = enrichRecord(raw, rules);
    if ('bad' in enrichment) {
      throw invalid(index, { field: enrichment.bad.field, reason: enrichment.bad.message });
    }
    return enrichment.enriched;
  });
}

function invalid(
  index: number,
  { field, reason }: { readonly field: string | null; readonly reason: string },
): InvalidRequest {
  const place = `context.events.${index}${field === null ? '' : `.${field}`}`;
  return new InvalidRequest(`${place}: ${reason}`, place);
}
