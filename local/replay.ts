import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sourceBadRow } from '../shared/domain/bad-rows.ts';
import { MAX_BODY_BYTES } from '../shared/domain/parse-json.ts';
import { putAll } from '../shared/domain/put-all.ts';
import type { SourceSummary } from '../shared/domain/source-summary.ts';
import type { LogicalClock } from '../shared/embedded/clock.ts';
import { openDeliveryStream } from '../shared/embedded/delivery-stream.ts';
import { openOnlineStore } from '../shared/embedded/online-store.ts';
import { DataDirectoryUnusable, StreamUnavailable } from '../shared/errors.ts';
import type { BadRow } from '../shared/schemas/bad-row.ts';
import { collectResponse } from '../shared/schemas/door-event.ts';
import { problem } from '../shared/schemas/problem.ts';
import { type Accounting, accountFor } from './accounting.ts';
import { resourceNamed } from './environment.ts';
import { lakeFolder } from './lake.ts';
import { type Platform, startPlatform } from './platform.ts';
import { type FormatName, readEvents, type SourceRow } from './read-events.ts';
import { type ReplayState, readReplayState, writeReplayState } from './replay-state.ts';

export interface ReplayOptions {
  readonly dataDir: string;
  /** Times as fast as it happened; null: as fast as it goes. */
  readonly speed: number | null;
  /** Hears of progress: rows done, and the time that the clock shows. */
  readonly report: (rows: number, time: number) => void;
}

export interface ReplaySummary {
  readonly source: SourceSummary;
  /** Of the data directory, whatever part of it this run has sent. */
  readonly accounting: Accounting;
  /** Rows that this run has sent, and how long they took to be in the features and the lake. */
  readonly sent: number;
  readonly seconds: number;
}

/** A part of a request's body beside the events. */
const ENVELOPE_BYTES = 16;
const MAX_EVENTS = 100;
/** Rows sent before what they led to is waited for, so that the clock doesn't run far ahead. */
const ROWS_AHEAD = 20_000;

/**
 * Lives through files of events: sends them to the door of a platform of its own whose clock shows
 * their time, in requests of at most 100 consecutive events. A replay that was interrupted goes on
 * where it was; what was under way then may be sent twice and is a duplicate.
 * @throws UnreadableInput before anything is changed
 * @throws DataDirectoryUnusable for a directory that is not of a replay, or of one of other files
 */
export async function replay(
  format: FormatName,
  paths: readonly string[],
  { dataDir, speed, report }: ReplayOptions,
): Promise<ReplaySummary> {
  const source = await readEvents(format, paths);
  const digests = source.files.map(({ digest }) => digest);
  const state = resumed(dataDir, { format, digests }) ?? {
    format,
    digests,
    rows: 0,
    time: await firstTime(format, paths),
  };
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  await writeReplayState(dataDir, state);
  const platform = await startPlatform({ dataDir, port: 0 });
  try {
    const started = performance.now();
    const sender = new Sender(platform, state);
    const pace = speed === null ? null : paceOf(speed);
    let rows = 0;
    for await (const row of source.rows) {
      if (++rows <= state.rows) continue;
      if (pace !== null && 'event' in row) await pace(row.at, () => sender.flush());
      await sender.add(row);
      if (rows % ROWS_AHEAD === 0) await platform.drain();
      if (rows % MAX_EVENTS === 0) report(rows, sender.time);
    }
    await sender.flush();
    await platform.drain();
    const seconds = (performance.now() - started) / 1000;
    const online = openOnlineStore(resourceNamed('ONLINE_TABLE'));
    const accounting = await accountFor(lakeFolder(), online);
    return { source: source.summary(), accounting, sent: rows - state.rows, seconds };
  } finally {
    await platform.stop();
  }
}

function resumed(
  dataDir: string,
  { format, digests }: Pick<ReplayState, 'format' | 'digests'>,
): ReplayState | null {
  const state = readReplayState(dataDir);
  if (state === null) {
    if (!existsSync(join(dataDir, 'foresight.db'))) return null;
    throw new DataDirectoryUnusable(
      `${dataDir} belongs to a platform on the machine's clock, its times and those of a replay do not mix: give another --data-dir`,
    );
  }
  if (state.format === format && String(state.digests) === String(digests)) return state;
  throw new DataDirectoryUnusable(
    `${dataDir} holds the replay of other files (${state.format}): give another --data-dir, or delete this one`,
  );
}

/** Epoch milliseconds of the first event, where the clock begins; 0 without one. */
async function firstTime(format: FormatName, paths: readonly string[]): Promise<number> {
  const { rows } = await readEvents(format, paths);
  for await (const row of rows) if ('event' in row) return row.at;
  return 0;
}

/** Waits until an event is due, first sending those that were due before it. */
function paceOf(speed: number): (at: number, flush: () => Promise<void>) => Promise<void> {
  let start: { at: number; real: number } | null = null;
  return async (at, flush) => {
    start ??= { at, real: performance.now() };
    const due = start.real + (at - start.at) / speed;
    if (due <= performance.now()) return;
    await flush();
    await sleep(due - performance.now());
  };
}

/** Gathers consecutive rows into requests and keeps account of what was answered. */
class Sender {
  readonly #platform: Platform;
  readonly #badRows = openDeliveryStream(resourceNamed('BAD_ROWS_DELIVERY_STREAM'));
  #state: ReplayState;
  #rows: SourceRow[] = [];
  #bodies: string[] = [];
  #bytes = ENVELOPE_BYTES;

  constructor(platform: Platform, state: ReplayState) {
    this.#platform = platform;
    this.#state = state;
  }

  /** Epoch milliseconds of the latest event sent. */
  get time(): number {
    return this.#state.time;
  }

  async add(row: SourceRow): Promise<void> {
    const body = 'event' in row ? JSON.stringify(row.event) : null;
    const bytes = body === null ? 0 : Buffer.byteLength(body) + 1;
    const isFull = this.#bodies.length === MAX_EVENTS || this.#bytes + bytes > MAX_BODY_BYTES;
    if (isFull || this.#rows.length === 2 * MAX_EVENTS) await this.flush();
    this.#rows.push(row);
    if (body !== null) this.#bodies.push(body);
    this.#bytes += bytes;
  }

  async flush(): Promise<void> {
    if (this.#rows.length === 0) return;
    const times = this.#rows.map((row) => ('event' in row ? row.at : 0));
    const time = Math.max(this.#state.time, ...times);
    (this.#platform.clock as LogicalClock).advanceTo(time);
    const refusals = this.#bodies.length === 0 ? [] : await this.#post();
    await this.#keep(badRowsOf(this.#rows, refusals, time));
    this.#state = { ...this.#state, rows: this.#state.rows + this.#rows.length, time };
    await writeReplayState(this.#platform.dataDir, this.#state);
    this.#rows = [];
    this.#bodies = [];
    this.#bytes = ENVELOPE_BYTES;
  }

  /** @returns for each event null where it was accepted, else why the door refused it */
  async #post(): Promise<readonly (Refusal | null)[]> {
    const { url, apiKey } = this.#platform;
    const response = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
      body: `{"events":[${this.#bodies.join(',')}]}`,
    });
    const answer = await response.json();
    if (response.status === 202) {
      const { results } = collectResponse.parse(answer);
      const refusals = results.map((result) => (result.status === 'refused' ? result : null));
      const lost = refusals.find((refusal) => refusal?.reason.startsWith('not_stored'));
      if (lost == null) return refusals;
      throw new StreamUnavailable(`some events were ${lost.reason}: run the command again`);
    }
    const { detail, field = null } = problem.parse(answer);
    if (response.status < 500 && this.#bodies.length === 1) return [{ field, reason: detail }];
    throw new StreamUnavailable(
      `the door answered ${response.status} (${detail}): run the command again to go on`,
    );
  }

  async #keep(rows: readonly BadRow[]): Promise<void> {
    const outcome = await putAll(
      (chunk) => this.#badRows.putRecordBatch(chunk),
      rows.map((row) => JSON.stringify(row)),
      { attempts: 4, baseDelay: 50, random: Math.random, sleep },
    );
    const failure = outcome.find((code) => code !== null);
    if (failure !== undefined) {
      throw new StreamUnavailable(`bad rows could not be kept (${failure}): run the command again`);
    }
  }
}

interface Refusal {
  readonly field: string | null;
  readonly reason: string;
}

function badRowsOf(
  rows: readonly SourceRow[],
  refusals: readonly (Refusal | null)[],
  time: number,
): BadRow[] {
  const receivedAt = new Date(time).toISOString();
  const bad: BadRow[] = [];
  let events = 0;
  for (const row of rows) {
    const place = { digest: row.file.digest, row: row.sourceRow, receivedAt };
    if ('fault' in row) {
      bad.push(sourceBadRow(place, row.fault, row.text));
      continue;
    }
    const refusal = refusals[events++];
    if (refusal == null) continue;
    const fault = { reason: 'refused', field: refusal.field, message: refusal.reason };
    bad.push(sourceBadRow(place, fault, JSON.stringify(row.event)));
  }
  return bad;
}
