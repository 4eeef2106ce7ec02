import type { KinesisStreamEvent } from 'aws-lambda';
import * as z from 'zod';
import { kinesisEvent } from '../local/kinesis-event.ts';
import { lambdaContext } from '../local/lambda-context.ts';
import { updateFeatures } from '../shared/domain/update-features.ts';
import { applyToVisitor, emptyVisitor, type VisitorState } from '../shared/features/visitor.ts';
import { streamHandler } from '../shared/runtime/stream-handler.ts';
import { type EnrichedEvent, enrichedEvent } from '../shared/schemas/event.ts';
import { openMemoryStore } from './memory-store.ts';
import type { Result, Row } from './report.ts';
import { cpuMicroseconds, interleaved } from './rounds.ts';
import { ratioOf, sampleOf } from './sample.ts';
import { measuredOfEach } from './traffic.ts';

const BATCH = 500;
const EVENTS = 60_000;
const SESSION_IDLE_MS = 30 * 60_000;
const TARGET = { least: 100_000 };

export const run = (): Promise<readonly Result[]> => measuredOfEach(EVENTS, measure);

async function measure(source: string, events: readonly EnrichedEvent[]): Promise<Row[]> {
  const batches = deliveries(events);
  const figures = await interleaved(
    {
      handler: perSecond(events.length, () => foldByHandler(batches)),
      states: perSecond(events.length, () => foldIntoStates(batches)),
      plain: perSecond(events.length, () => countSessionsPlainly(batches)),
    },
    { warmUp: 2, rounds: 7 },
  );
  const against = (ours: 'handler' | 'states') => ({
    baseline: 'plain session counter',
    ratio: ratioOf(figures[ours], figures.plain),
  });
  const unit = 'events/s a core';
  return [
    {
      name: `${source}: update-features, items read and written too`,
      unit,
      sample: sampleOf(figures.handler),
      against: against('handler'),
    },
    {
      name: `${source}: decode, validate and fold`,
      unit,
      sample: sampleOf(figures.states),
      target: TARGET,
      against: against('states'),
    },
    { name: `${source}: plain session counter`, unit, sample: sampleOf(figures.plain) },
  ];
}

/** The events as a Kinesis event source mapping delivers them: base64 of JSON, 500 at a time. */
function deliveries(events: readonly EnrichedEvent[]): KinesisStreamEvent[] {
  const records = events.map((event, index) => ({
    sequence: index + 1,
    partitionKey: event.visitor,
    data: JSON.stringify(event),
    arrivedAt: Date.parse(event.received_at),
  }));
  return Array.from({ length: Math.ceil(records.length / BATCH) }, (_, batch) =>
    kinesisEvent('EnrichedEventsStream', records.slice(batch * BATCH, (batch + 1) * BATCH)),
  );
}

/** By CPU time, all threads of the process: what a core does whoever else uses the machine. */
function perSecond(count: number, work: () => void | Promise<void>): () => Promise<number> {
  return async () => {
    globalThis.gc?.();
    return (count / (await cpuMicroseconds(work))) * 1e6;
  };
}

/** What Lambda runs, but for the store and the counters: reads and writes items batch by batch. */
async function foldByHandler(batches: readonly KinesisStreamEvent[]): Promise<void> {
  const store = openMemoryStore();
  const retry = { attempts: 1, baseDelay: 0, random: () => 0, sleep: async () => undefined };
  const handler = streamHandler(z.object({}), () => async (records) => {
    const { failed, errors } = await updateFeatures(records, { store, retry });
    if (errors[0] !== undefined) throw errors[0];
    return failed;
  });
  for (const batch of batches) await handler(batch, lambdaContext('update-features', 60));
}

/** The same without items: each visitor's state stays an object in memory. */
function foldIntoStates(batches: readonly KinesisStreamEvent[]): void {
  const states = new Map<string, VisitorState>();
  for (const { Records } of batches) {
    for (const { kinesis } of Records) {
      const event = enrichedEvent.parse(decoded(kinesis.data));
      let state = states.get(event.visitor);
      if (state === undefined) {
        state = emptyVisitor();
        states.set(event.visitor, state);
      }
      applyToVisitor(state, event, kinesis.sequenceNumber);
    }
  }
}

/** The least that anyone would do with these bytes: decode, no checks, two numbers a visitor. */
function countSessionsPlainly(batches: readonly KinesisStreamEvent[]): void {
  const visitors = new Map<string, { last: number; sessions: number; events: number }>();
  for (const { Records } of batches) {
    for (const { kinesis } of Records) {
      const { visitor, event_timestamp } = decoded(kinesis.data) as EnrichedEvent;
      const time = Date.parse(event_timestamp);
      const known = visitors.get(visitor);
      if (known === undefined) {
        visitors.set(visitor, { last: time, sessions: 1, events: 1 });
        continue;
      }
      if (time - known.last > SESSION_IDLE_MS) {
        known.sessions++;
        known.events = 0;
      }
      known.events++;
      known.last = time;
    }
  }
}

function decoded(data: string): unknown {
  return JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
}
