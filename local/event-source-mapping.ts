import type { DataDirectory } from '../shared/embedded/data-directory.ts';
import type { EmbeddedDeadLetterQueue } from '../shared/embedded/dead-letter-queue.ts';
import type { StreamLog } from '../shared/embedded/stream-log.ts';
import type { Checkpoints } from './checkpoints.ts';
import { firstNamed } from './dead-letters.ts';
import { Lane, type LanePorts } from './lane.ts';
import { Wake } from './wake.ts';
import type { StreamMapping } from './wiring.ts';

/** Delivers a stream to a function as Lambda does for a Kinesis stream: at least once, in order. */
export interface EventSourceMapping {
  /** True while there are records that are neither handled nor dead-lettered. */
  pending(): boolean;
  /** Resolves when nothing is pending. */
  idle(): Promise<void>;
  /**
   * Writes how far all lanes have come; those that see few records would else fall behind.
   * @returns the sequence number up to which nothing is needed any more
   */
  checkpoint(): Promise<number>;
  /** Ends after the invocations under way. */
  stop(): Promise<void>;
}

export interface MappingPorts extends Omit<LanePorts, 'advance'> {
  readonly directory: DataDirectory;
  readonly log: StreamLog;
  readonly checkpoints: Checkpoints;
  readonly deadLetters: EmbeddedDeadLetterQueue;
}

const READ_RECORDS = 2000;
const READ_CHARACTERS = 4_000_000;
/** Batches that may wait in one lane; then reading stops until it has caught up. */
const QUEUED_BATCHES = 4;

export async function startEventSourceMapping(
  mapping: StreamMapping,
  ports: MappingPorts,
): Promise<EventSourceMapping> {
  const { directory, log, checkpoints, deadLetters } = ports;
  const consumer = `${mapping.stream} → ${mapping.function}`;
  const start = mapping.startingPosition === 'LATEST' ? log.last() : 0;
  const resumed = await checkpoints.resume(consumer, mapping.parallelizationFactor, start);
  const lanes = resumed.map((_, index) => {
    const advance: LanePorts['advance'] = (lane, sequence, deadLetter) =>
      directory.commit(() => {
        if (deadLetter) deadLetters.send(JSON.stringify(deadLetter));
        checkpoints.write(consumer, lane, sequence);
      });
    return new Lane(mapping, index, { ...ports, advance });
  });
  const wake = new Wake();
  const waiting: (() => void)[] = [];
  let read = Math.min(...resumed);
  let stopped = false;

  const pending = () => read < log.last() || lanes.some((lane) => lane.load > 0);
  const settle = () => {
    if (!pending()) for (const resolve of waiting.splice(0)) resolve();
  };

  async function distribute(): Promise<void> {
    while (!stopped) {
      const crowded = lanes.some((lane) => lane.load > QUEUED_BATCHES * mapping.batchSize);
      const records = crowded ? [] : log.read(read, READ_RECORDS, READ_CHARACTERS);
      for (const record of records) {
        const index = laneOf(record.partitionKey, lanes.length);
        if (record.sequence > (resumed[index] as number)) lanes[index]?.offer(record);
        read = record.sequence;
      }
      if (records.length > 0) continue;
      settle();
      await wake.wait();
    }
  }

  const end = log.subscribe(() => wake.ring());
  const running = Promise.all([distribute(), ...lanes.map((lane) => lane.run(() => wake.ring()))]);

  return {
    pending,
    idle: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        wake.ring();
      }),
    async checkpoint() {
      const positions = lanes.map((lane) => (lane.oldest ? lane.oldest.sequence - 1 : read));
      await directory.commit(() => {
        for (const [lane, sequence] of positions.entries()) {
          checkpoints.write(consumer, lane, sequence);
        }
      });
      // What a dead letter names is read when it is kept.
      const named = deadLetters.messages().map((message) => firstNamed(message) - 1);
      return Math.min(...positions, ...named);
    },
    async stop() {
      stopped = true;
      end();
      wake.ring();
      for (const lane of lanes) lane.stop();
      await running;
    },
  };
}

/** FNV-1a over the key's UTF-16 units: records of one key stay in one lane, hence in order. */
function laneOf(partitionKey: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < partitionKey.length; index++) {
    hash = Math.imul(hash ^ partitionKey.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % lanes;
}
