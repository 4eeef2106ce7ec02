import { DataProfiler } from '../shared/domain/data-profile.ts';
import { type EnrichedEvent, enrichedEvent } from '../shared/schemas/event.ts';
import type { Result, Row } from './report.ts';
import { cpuMicroseconds, interleaved } from './rounds.ts';
import { ratioOf, sampleOf } from './sample.ts';
import { measuredOfEach } from './traffic.ts';

const EVENTS = 75_000;
const TARGET = { least: 100_000 };

export const run = (): Promise<readonly Result[]> => measuredOfEach(EVENTS, measure);

async function measure(source: string, events: readonly EnrichedEvent[]): Promise<Row[]> {
  const lines = events.map((event) => JSON.stringify(event));
  const perSecond = (work: () => void) => async () => {
    globalThis.gc?.();
    return (lines.length / (await cpuMicroseconds(work))) * 1e6;
  };
  const figures = await interleaved(
    {
      profile: perSecond(() => {
        const profiler = new DataProfiler();
        for (const line of lines) profiler.add(JSON.parse(line), '2026-01-05', 'line');
        profiler.profile();
      }),
      schema: perSecond(() => {
        for (const line of lines) enrichedEvent.parse(JSON.parse(line));
      }),
    },
    { warmUp: 1, rounds: 5 },
  );
  const unit = 'events/s a core';
  return [
    {
      name: `${source}: lines of the lake profiled`,
      unit,
      sample: sampleOf(figures.profile),
      target: TARGET,
      against: { baseline: 'parsed and checked', ratio: ratioOf(figures.profile, figures.schema) },
    },
    { name: `${source}: parsed and checked`, unit, sample: sampleOf(figures.schema) },
  ];
}
