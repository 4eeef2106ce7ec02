import type { DataDirectory } from '../shared/embedded/data-directory.ts';
import type { LogRecord, StreamLog } from '../shared/embedded/stream-log.ts';
import { sequenceNumber } from '../shared/embedded/stream-position.ts';
import type { ObjectStore } from '../shared/ports.ts';
import type { Checkpoints } from './checkpoints.ts';
import { Wake } from './wake.ts';
import type { Delivery } from './wiring.ts';

/** Writes the records of a log to the lake, as Firehose does. */
export interface DeliveryWriter {
  /** Resolves when everything put before is in the lake. */
  flush(): Promise<void>;
  /** The sequence number up to which the log is not needed any more. */
  sealed(): number;
  /** Flushes and ends. */
  stop(): Promise<void>;
}

export interface DeliveryPorts {
  readonly directory: DataDirectory;
  readonly log: StreamLog;
  readonly checkpoints: Checkpoints;
  readonly lake: ObjectStore;
  report(error: unknown): void;
  readonly now: () => number;
  /** Resolves after some milliseconds, or at once when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** How long records wait for others before they are written. */
const BUFFER_MS = 1000;
/** A file grows, each time written anew as a whole, until it has this size or age. */
const FILE_CHARACTERS = 1_000_000;
const FILE_MS = 5 * 60_000;
const READ_RECORDS = 10_000;

/**
 * A file is named by its first record and only ever replaced by a longer version of itself, so a
 * crash between its writing and the checkpoint repeats nothing. The day of a record is that of its
 * own `received_at`, `decided_at` or `rejected_at`, else of its arrival.
 */
export async function startDelivery(
  delivery: Delivery,
  ports: DeliveryPorts,
): Promise<DeliveryWriter> {
  const { directory, log, checkpoints, lake } = ports;
  const consumer = `${delivery.stream ?? delivery.name} → ${delivery.bucket}/${delivery.folder}`;
  let [sealed = 0] = await checkpoints.resume(consumer, 1, 0);
  let written = sealed;
  let openSince = ports.now();
  let flushing = Promise.resolve();
  const wake = new Wake();
  const stop = new AbortController();

  async function writeOnce(): Promise<boolean> {
    const records = log.read(sealed, READ_RECORDS, FILE_CHARACTERS);
    const last = records.at(-1)?.sequence ?? sealed;
    const full = last < log.last();
    if (sealed === written) openSince = ports.now();
    for (const [folder, lines] of byDay(records)) {
      const [first, latest] = [lines[0] as LogRecord, lines.at(-1) as LogRecord];
      if (latest.sequence <= written) continue;
      const body = lines.map(({ data }) => `${data}\n`).join('');
      const key = `${delivery.folder}${folder}/${sequenceNumber(first.sequence)}.jsonl`;
      await lake.put(key, Buffer.from(body));
    }
    written = last;
    if (full || ports.now() - openSince > FILE_MS) {
      await directory.commit(() => checkpoints.write(consumer, 0, last));
      sealed = last;
    }
    return full;
  }

  function flush(): Promise<void> {
    const next = flushing.then(async () => {
      while (await writeOnce());
    });
    flushing = next.catch(() => undefined);
    return next;
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      if (written === log.last()) {
        await wake.wait();
        continue;
      }
      await ports.sleep(BUFFER_MS, stop.signal);
      // What cannot be written now stays in the log and is tried again after the pause.
      await flush().catch(ports.report);
    }
  }

  const end = log.subscribe(() => wake.ring());
  const running = run();
  return {
    flush,
    sealed: () => sealed,
    async stop() {
      end();
      stop.abort();
      wake.ring();
      await running;
      await flush().catch(ports.report);
    },
  };
}

function byDay(records: readonly LogRecord[]): Map<string, LogRecord[]> {
  return Map.groupBy(records, (record) => `dt=${ownDay(record.data) ?? dayOf(record.arrivedAt)}`);
}

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

/** Quotes within a text are escaped in JSON, so the pattern meets a member and no value. */
function ownDay(data: string): string | null {
  const time = /"(?:received_at|decided_at|rejected_at)":"(\d{4}-\d{2}-\d{2})T/.exec(data);
  return time?.[1] ?? null;
}
