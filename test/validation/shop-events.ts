import { DataProfiler } from '../../shared/domain/data-profile.ts';
import type { DataProfile } from '../../shared/schemas/data-profile.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { shopTraffic } from '../learning/events.ts';

/** Two weeks of a shop that sends every field. */
export function shopEvents(seed: number): readonly EnrichedEvent[] {
  return shopTraffic(seed, 500, 14).map((event, index) => ({
    ...event,
    price: 5 + (index % 40),
    quantity: event.event_type === 'purchase' ? 1 + (index % 3) : null,
    product_category: `c${index % 7}`,
    brand: `b${index % 5}`,
    country: index % 3 === 0 ? 'DE' : 'FR',
  }));
}

export function profileOf(events: Iterable<unknown>): DataProfile {
  return profilerOf(events).profile();
}

export function profilerOf(events: Iterable<unknown>): DataProfiler {
  const profiler = new DataProfiler();
  let line = 0;
  for (const event of events) profiler.add(event, '2026-01-05', `part.jsonl:${++line}`);
  return profiler;
}
