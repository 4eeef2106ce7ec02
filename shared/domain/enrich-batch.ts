import { createHash } from 'node:crypto';
import type { DeliveryStream, EventStream, StreamEntry } from '../ports.ts';
import type { BadRow } from '../schemas/bad-row.ts';
import { rawEvent } from '../schemas/raw-event.ts';
import { type Enrichment, type EnrichmentRules, enrichRecord } from './enrich.ts';
import { putAll, type RetryRules } from './put-all.ts';

export interface EnrichBatch {
  readonly enrichedEvents: EventStream;
  readonly badRows: DeliveryStream;
  readonly rules: EnrichmentRules;
  readonly retry: RetryRules;
  readonly now: () => number;
}

export interface EnrichOutcome {
  /** Sequence numbers of records that could not be passed on and must be delivered again. */
  readonly failed: readonly string[];
  readonly enriched: number;
  readonly rejected: number;
  readonly bots: number;
}

/**
 * Validates and enriches a batch record by record; every record ends on `enriched-events` or in
 * the bad-rows store, or is answered as failed. At-least-once: a record delivered twice is passed
 * on twice under the same order key.
 */
export async function enrichBatch(
  records: readonly { readonly sequence: string; readonly data: string }[],
  deps: EnrichBatch,
): Promise<EnrichOutcome> {
  const good: { sequence: string; entry: StreamEntry }[] = [];
  const bad: { sequence: string; row: BadRow }[] = [];
  let bots = 0;
  for (const { sequence, data } of records) {
    const enrichment = enrichData(data, deps);
    if ('bad' in enrichment) {
      bad.push({ sequence, row: enrichment.bad });
      continue;
    }
    const { enriched } = enrichment;
    if (enriched.is_bot) bots++;
    const entry = { partitionKey: enriched.visitor, data: JSON.stringify(enriched) };
    good.push({ sequence, entry });
  }
  const [goodOutcome, badOutcome] = await Promise.all([
    putAll(
      (entries: readonly StreamEntry[]) => deps.enrichedEvents.putRecords(entries),
      good.map(({ entry }) => entry),
      deps.retry,
    ),
    putAll(
      (rows: readonly string[]) => deps.badRows.putRecordBatch(rows),
      bad.map(({ row }) => JSON.stringify(row)),
      deps.retry,
    ),
  ]);
  const failedGood = good.filter((_, index) => goodOutcome[index] !== null);
  const failedBad = bad.filter((_, index) => badOutcome[index] !== null);
  return {
    failed: [...failedGood, ...failedBad].map(({ sequence }) => sequence),
    enriched: good.length - failedGood.length,
    rejected: bad.length - failedBad.length,
    bots,
  };
}

function enrichData(data: string, deps: EnrichBatch): Enrichment {
  const parsed = rawEvent.safeParse(jsonOrUndefined(data));
  if (parsed.success) return enrichRecord(parsed.data, deps.rules);
  const issue = parsed.error.issues[0];
  // No order key can be read: the content names the row, so that a second delivery is the same row.
  const digest = createHash('sha256').update(data).digest('hex').slice(0, 32);
  return {
    bad: {
      bad_row_id: `malformed~${digest}`,
      order_key: `malformed~${digest}`,
      attempt: 0,
      rejected_at: new Date(deps.now()).toISOString(),
      reason: 'malformed_record',
      field: issue?.path.join('.') || null,
      message: issue?.message ?? 'is no record of the door',
      payload: data,
    },
  };
}

function jsonOrUndefined(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined; // no JSON: the schema refuses undefined and the row keeps the payload
  }
}
