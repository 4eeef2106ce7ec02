import { updateFeatures } from '../shared/domain/update-features.ts';
import { sequenceNumber } from '../shared/embedded/stream-position.ts';
import type { OnlineItem } from '../shared/ports.ts';
import type { EnrichedEvent } from '../shared/schemas/event.ts';
import { openMemoryStore } from './memory-store.ts';
import type { Result, Row } from './report.ts';
import { percentile, sampleOf } from './sample.ts';
import { realFile, retailrocketTraffic, simulatedTraffic } from './traffic.ts';

const BATCH = 500;

export async function run(): Promise<readonly Result[]> {
  const file = realFile('retailrocket-buyers');
  const shop = { seed: 1, startAt: Date.UTC(2026, 0, 5), days: 30, visitors: 4_000 };
  const simulated = await measure('simulated shop', simulatedTraffic(shop, 80_000));
  if (file !== null)
    return [
      ...(await measure('retailrocket-buyers', await retailrocketTraffic(file))),
      ...simulated,
    ];
  const because = '../shared/data/retailrocket-buyers is not here';
  return [{ name: 'retailrocket-buyers', because }, ...simulated];
}

/** Sizes are the same every time: one round. */
async function measure(source: string, events: readonly EnrichedEvent[]): Promise<Row[]> {
  const { items, ...store } = openMemoryStore();
  const written: number[] = [];
  const deps = {
    store: {
      ...store,
      write: (item: OnlineItem) => {
        written.push(bytesOf(item));
        return store.write(item);
      },
    },
    retry: { attempts: 1, baseDelay: 0, random: () => 0, sleep: async () => undefined },
  };
  for (let start = 0; start < events.length; start += BATCH) {
    const records = events.slice(start, start + BATCH).map((event, place) => ({
      sequence: sequenceNumber(start + place + 1),
      data: JSON.stringify(event),
    }));
    const { errors } = await updateFeatures(records, deps);
    if (errors[0] !== undefined) throw errors[0];
  }
  const stored = [...items.values()].map(bytesOf);
  return [
    ...sizes(`${source}: items at the end`, stored, { median: 1024, p99: 4096 }),
    ...sizes(`${source}: items as written`, written),
  ];
}

/** Key, state and applied bytes: what a write and a read are paid by. */
function bytesOf({ key, state, applied }: OnlineItem): number {
  return Buffer.byteLength(key) + Buffer.byteLength(state) + (applied?.byteLength ?? 0);
}

function sizes(
  name: string,
  bytes: readonly number[],
  targets?: { readonly median: number; readonly p99: number },
): Row[] {
  const row = (part: string, p: number, most?: number): Row => ({
    name: `${name}, ${part}`,
    unit: 'bytes',
    sample: sampleOf([percentile(bytes, p)]),
    ...(most === undefined ? {} : { target: { most } }),
  });
  return [row('median', 0.5, targets?.median), row('p99', 0.99, targets?.p99), row('largest', 1)];
}
