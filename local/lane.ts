import { randomUUID } from 'node:crypto';
import type { KinesisStreamEvent } from 'aws-lambda';
import type { LogRecord } from '../shared/embedded/stream-log.ts';
import { sequenceNumber } from '../shared/embedded/stream-position.ts';
import type { DeadLetterMessage } from '../shared/schemas/dead-letter.ts';
import { deadLetterOf, type GivingUp } from './dead-letters.ts';
import { kinesisEvent } from './kinesis-event.ts';
import { Wake } from './wake.ts';
import type { StreamMapping } from './wiring.ts';

export interface LanePorts {
  /** Calls the function and answers its response; rejects where the function throws. */
  invoke(event: KinesisStreamEvent): Promise<unknown>;
  /** Makes a lane's progress durable, with the dead letter that is part of it. */
  advance(lane: number, sequence: number, deadLetter: DeadLetterMessage | null): Promise<void>;
  /** Hears of each failed delivery. */
  report(error: unknown, records: readonly LogRecord[]): void;
  readonly now: () => number;
  /** Resolves after some milliseconds, or at once when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** A part of a batch that is still to be delivered, and how often just that has failed. */
interface Delivery {
  readonly records: readonly LogRecord[];
  readonly failures: number;
}

/** Lambda invokes with at most 6 MB, base64 and envelopes included. */
const MAX_BATCH_CHARACTERS = 4_000_000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 30_000;

/**
 * One of a mapping's parallel invocations: delivers the records of its partition keys in order,
 * batch after batch, each until it is handled or dead-lettered.
 */
export class Lane {
  readonly #mapping: StreamMapping;
  readonly #index: number;
  readonly #ports: LanePorts;
  readonly #wake = new Wake();
  readonly #stop = new AbortController();
  #queue: LogRecord[] = [];

  constructor(mapping: StreamMapping, index: number, ports: LanePorts) {
    this.#mapping = mapping;
    this.#index = index;
    this.#ports = ports;
  }

  /** Records offered and not yet handled. */
  get load(): number {
    return this.#queue.length;
  }

  /** The first record not yet handled. */
  get oldest(): LogRecord | undefined {
    return this.#queue[0];
  }

  offer(record: LogRecord): void {
    this.#queue.push(record);
    this.#wake.ring();
  }

  /** Ends after the invocation under way; its progress is kept. */
  stop(): void {
    this.#stop.abort();
    this.#wake.ring();
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** @param handled is called after each step forward */
  async run(handled: () => void): Promise<void> {
    while (!this.#stopped) {
      if (this.#queue.length === 0) {
        await this.#wake.wait();
        continue;
      }
      await this.#fillWindow();
      const deliveries: Delivery[] = [{ records: this.#batch(), failures: 0 }];
      for (let next = deliveries.shift(); next && !this.#stopped; next = deliveries.shift()) {
        deliveries.unshift(...(await this.#deliver(next)));
        handled();
      }
    }
  }

  /** Waits until a batch is full or its window, which begins with its first record, has passed. */
  async #fillWindow(): Promise<void> {
    const { batchSize, batchWindowSeconds } = this.#mapping;
    const end = this.#ports.now() + batchWindowSeconds * 1000;
    while (!this.#stopped && this.#queue.length < batchSize && this.#ports.now() < end) {
      const full = new AbortController();
      const slept = this.#ports.sleep(end - this.#ports.now(), full.signal);
      await Promise.race([slept, this.#wake.wait()]);
      full.abort();
    }
  }

  #batch(): readonly LogRecord[] {
    let characters = 0;
    let count = 0;
    for (const { data } of this.#queue) {
      characters += data.length;
      if (count === this.#mapping.batchSize || (count > 0 && characters > MAX_BATCH_CHARACTERS)) {
        break;
      }
      count++;
    }
    return this.#queue.slice(0, count);
  }

  /** One delivery; answers what is still to be delivered of it, in order. */
  async #deliver({ records, failures }: Delivery): Promise<readonly Delivery[]> {
    const expired = this.#expired(records);
    if (expired > 0) {
      await this.#bury(records.slice(0, expired), 'RecordAgeExceeded', failures);
      return expired < records.length ? [{ records: records.slice(expired), failures }] : [];
    }
    const failed = await this.#invoke(records);
    if (failed > 0) await this.#advance((records[failed - 1] as LogRecord).sequence, null);
    if (failed === records.length) return [];
    const rest = records.slice(failed);
    if (this.#mapping.bisectBatchOnFunctionError && records.length > 1) {
      // A split is no retry: what failed alone is what counts.
      if (failed > 0) return [{ records: rest, failures }];
      const middle = Math.ceil(rest.length / 2);
      return [
        { records: rest.slice(0, middle), failures },
        { records: rest.slice(middle), failures },
      ];
    }
    if (failures >= this.#mapping.maximumRetryAttempts) {
      await this.#bury(rest, 'RetryAttemptsExhausted', failures + 1);
      return [];
    }
    await this.#pause(failures);
    return [{ records: rest, failures: failures + 1 }];
  }

  #expired(records: readonly LogRecord[]): number {
    const oldest = this.#ports.now() - this.#mapping.maximumRecordAgeSeconds * 1000;
    const fresh = records.findIndex(({ arrivedAt }) => arrivedAt >= oldest);
    return fresh === -1 ? records.length : fresh;
  }

  /** @returns how many records, from the first, the function has handled */
  async #invoke(records: readonly LogRecord[]): Promise<number> {
    let response: unknown;
    try {
      response = await this.#ports.invoke(kinesisEvent(this.#mapping.stream, records));
    } catch (error) {
      this.#ports.report(error, records);
      return 0;
    }
    if (!this.#mapping.reportsBatchItemFailures) return records.length;
    const handled = handledOf(response, records);
    if (handled < records.length) {
      this.#ports.report(new Error('some records failed'), records.slice(handled));
    }
    return handled;
  }

  async #bury(
    records: readonly LogRecord[],
    condition: GivingUp,
    invocations: number,
  ): Promise<void> {
    const now = this.#ports.now();
    const because = { condition, requestId: randomUUID(), invocations, now };
    const last = records.at(-1) as LogRecord;
    await this.#advance(last.sequence, deadLetterOf(this.#mapping, records, because));
  }

  /** Nothing is lost while progress cannot be written, e.g. on a full disk: it is tried again. */
  async #advance(sequence: number, deadLetter: DeadLetterMessage | null): Promise<void> {
    for (let failures = 0; failures === 0 || !this.#stopped; failures++) {
      try {
        await this.#ports.advance(this.#index, sequence, deadLetter);
        const next = this.#queue.findIndex((record) => record.sequence > sequence);
        this.#queue = next === -1 ? [] : this.#queue.slice(next);
        return;
      } catch (error) {
        this.#ports.report(error, []);
        await this.#pause(failures);
      }
    }
  }

  #pause(failures: number): Promise<void> {
    const milliseconds = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
    return this.#ports.sleep(milliseconds, this.#stop.signal);
  }
}

/** Up to the lowest failed record; an answer that names none of the batch fails all of it. */
function handledOf(response: unknown, records: readonly LogRecord[]): number {
  const { batchItemFailures } = (response ?? {}) as {
    batchItemFailures?: readonly { readonly itemIdentifier?: unknown }[] | null;
  };
  if (batchItemFailures == null || batchItemFailures.length === 0) return records.length;
  const positions = new Map(records.map(({ sequence }, at) => [sequenceNumber(sequence), at]));
  return Math.min(
    ...batchItemFailures.map(({ itemIdentifier }) => positions.get(itemIdentifier as string) ?? 0),
  );
}
