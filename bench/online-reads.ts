import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { updateFeatures } from '../shared/domain/update-features.ts';
import { sequenceNumber } from '../shared/embedded/stream-position.ts';
import { visitorFromItem, visitorKey } from '../shared/features/item.ts';
import { featureValues } from '../shared/features/vector.ts';
import type { OnlineItem } from '../shared/ports.ts';
import type { Result } from './report.ts';
import { interleaved } from './rounds.ts';
import { percentile, ratioOf, sampleOf } from './sample.ts';
import { inTemporaryFolder } from './temporary-folder.ts';
import { simulatedTraffic } from './traffic.ts';

const PER_SECOND = 1_000;
const SECONDS = 10;
const BULK_READS = 20_000;

/** A read is of a visitor's item, decoded, with every feature of the lexicon computed from it. */
export function run(): Promise<readonly Result[]> {
  return inTemporaryFolder(measure);
}

async function measure(folder: string): Promise<readonly Result[]> {
  process.env['FORESIGHT_DATA_DIR'] = folder;
  const { openOnlineStore } = await import('../shared/embedded/online-store.ts');
  const { closeDataDirectory, dataDirectory } = await import(
    '../shared/embedded/data-directory.ts'
  );
  const store = openOnlineStore('OnlineTable');
  const visitors = await fill(store);
  const database = new DatabaseSync(join(folder, 'foresight.db'), { readOnly: true });
  const select = database.prepare('SELECT state, applied FROM "table OnlineTable" WHERE key = ?');
  const readFeatures = async (visitor: string) => {
    const key = visitorKey(visitor);
    const item = (await store.read([key])).get(key) as OnlineItem;
    const entities = { visitor: visitorFromItem(item), user: null, product: null };
    return featureValues(entities, { at: OPENED_AT, product_id: null, timeZone: 'Europe/London' });
  };

  const atRate: number[][] = [];
  for (let round = 0; round < 3; round++)
    atRate.push(await latenciesAtRate(visitors, readFeatures));
  const bulk = await interleaved(
    {
      features: readsPerSecond(visitors, readFeatures),
      adapter: readsPerSecond(visitors, async (visitor) => store.read([visitorKey(visitor)])),
      bare: readsPerSecond(visitors, async (visitor) => select.get(visitorKey(visitor))),
    },
    { warmUp: 1, rounds: 7 },
  );
  database.close();
  await closeDataDirectory(dataDirectory());

  const latency = (part: string, p: number, most?: number): Result => ({
    name: `read of all features at ${PER_SECOND}/s for ${SECONDS} s, ${part}`,
    unit: 'ms',
    sample: sampleOf(atRate.map((round) => percentile(round, p))),
    ...(most === undefined ? {} : { target: { most } }),
  });
  const throughput = (name: string, task: 'features' | 'adapter'): Result => ({
    name,
    unit: 'reads/s',
    sample: sampleOf(bulk[task]),
    against: { baseline: 'bare SELECT', ratio: ratioOf(bulk[task], bulk.bare) },
  });
  return [
    latency('p50', 0.5),
    latency('p95', 0.95, 10),
    latency('p99', 0.99),
    throughput('one after the other: all features', 'features'),
    throughput('one after the other: item by the adapter', 'adapter'),
    { name: 'one after the other: bare SELECT', unit: 'reads/s', sample: sampleOf(bulk.bare) },
  ];
}

const OPENED_AT = Date.UTC(2026, 0, 5, 18);

async function fill(store: Parameters<typeof updateFeatures>[1]['store']): Promise<string[]> {
  const shop = { seed: 1, startAt: OPENED_AT, days: 1, visitors: 20_000 };
  const events = simulatedTraffic(shop, 30_000);
  const records = events.map((event, index) => ({
    sequence: sequenceNumber(index + 1),
    data: JSON.stringify(event),
  }));
  const retry = { attempts: 1, baseDelay: 0, random: () => 0, sleep: async () => undefined };
  const { errors } = await updateFeatures(records, { store, retry });
  if (errors[0] !== undefined) throw errors[0];
  return [...new Set(events.map(({ visitor }) => visitor))];
}

/**
 * Reads begin when they are due, also while earlier ones are late: milliseconds from when each was
 * due to when it was answered.
 */
async function latenciesAtRate(
  visitors: readonly string[],
  read: (visitor: string) => Promise<unknown>,
): Promise<number[]> {
  const latencies: number[] = [];
  const begun = performance.now();
  for (let count = 0; count < PER_SECOND * SECONDS; count++) {
    const due = begun + (count * 1000) / PER_SECOND;
    while (performance.now() < due) await turn();
    await read(visitors[(count * 7919) % visitors.length] as string);
    latencies.push(performance.now() - due);
  }
  return latencies;
}

function readsPerSecond(
  visitors: readonly string[],
  read: (visitor: string) => Promise<unknown>,
): () => Promise<number> {
  return async () => {
    const begun = performance.now();
    for (let count = 0; count < BULK_READS; count++)
      await read(visitors[(count * 7919) % visitors.length] as string);
    return (BULK_READS / (performance.now() - begun)) * 1000;
  };
}
