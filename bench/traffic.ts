import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readEvents } from '../local/read-events.ts';
import { type ShopOptions, simulateShop } from '../local/simulator/shop.ts';
import { takeEvent } from '../shared/domain/bulk-import.ts';
import { rememberingAgents } from '../shared/domain/device.ts';
import type { EnrichmentRules } from '../shared/domain/enrich.ts';
import type { PseudonymKeyRing } from '../shared/domain/identity.ts';
import type { EnrichedEvent } from '../shared/schemas/event.ts';
import type { Result, Row } from './report.ts';

/** A file of a real data set beside the project, null where it is not at hand. */
export function realFile(set: string): string | null {
  const file = join(import.meta.dirname, '../../shared/data', set, 'events.csv.gz');
  return existsSync(file) ? file : null;
}

export const benchKeyRing: PseudonymKeyRing = { current: 'k1', keys: { k1: '5a'.repeat(32) } };

const rules: EnrichmentRules & { readonly keyRing: PseudonymKeyRing } = {
  country: () => null,
  agent: rememberingAgents(1000),
  keyRing: benchKeyRing,
};

/** The events of a RetailRocket file as they stand on `enriched-events`, in order of arrival. */
export async function retailrocketTraffic(file: string): Promise<EnrichedEvent[]> {
  const source = await readEvents('retailrocket', [file]);
  const events: EnrichedEvent[] = [];
  for await (const row of source.rows) {
    if ('fault' in row) continue;
    const place = { digest: row.file.digest, row: row.sourceRow, at: row.at };
    const taken = takeEvent(row.event, place, rules);
    if ('enrichment' in taken && 'enriched' in taken.enrichment)
      events.push(taken.enrichment.enriched);
  }
  return events;
}

/** The same of the simulated shop, at most `limit` events. */
export function simulatedTraffic(options: ShopOptions, limit: number): EnrichedEvent[] {
  const digest = '0'.repeat(64);
  const events: EnrichedEvent[] = [];
  for (const { event, at } of simulateShop(options)) {
    const sent = { ...event, received_at: new Date(at).toISOString() };
    const taken = takeEvent(sent, { digest, row: events.length + 1, at }, rules);
    if ('enrichment' in taken && 'enriched' in taken.enrichment)
      events.push(taken.enrichment.enriched);
    if (events.length === limit) break;
  }
  return events;
}

/**
 * What is measured of each traffic: the events of a real file, and of the simulated shop.
 * @param most how many events of each
 */
export async function measuredOfEach(
  most: number,
  measure: (source: string, events: readonly EnrichedEvent[]) => Promise<Row[]>,
): Promise<readonly Result[]> {
  const set = 'retailrocket-buyers';
  const file = realFile(set);
  const shop = { seed: 1, startAt: Date.UTC(2026, 0, 5), days: 3, visitors: 20_000 };
  const ofFile: readonly Result[] =
    file === null
      ? [{ name: set, because: `../shared/data/${set} is not here` }]
      : await measure(set, (await retailrocketTraffic(file)).slice(0, most));
  return [...ofFile, ...(await measure('simulated shop', simulatedTraffic(shop, most)))];
}
