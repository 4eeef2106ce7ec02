import type { DataDirectory } from '../shared/embedded/data-directory.ts';
import type { LogRecord, StreamLog } from '../shared/embedded/stream-log.ts';
import type { Checkpoints } from './checkpoints.ts';
import { Wake } from './wake.ts';
import type { EventRule } from './wiring.ts';

export interface EventRulePorts {
  readonly directory: DataDirectory;
  /** Of the bus. */
  readonly log: StreamLog;
  readonly checkpoints: Checkpoints;
  readonly invoke: (event: unknown) => Promise<unknown>;
  readonly report: (error: unknown) => void;
  /** Of the platform, epoch milliseconds. */
  readonly now: () => number;
}

/** Lambda calls a function three times for an event, then drops it. */
const TRIES = 3;
const READ_RECORDS = 100;

/**
 * Calls a function with the events of the bus that its rule names, each at least once, also those
 * that were announced while the platform was not running.
 */
export async function startEventRule(
  { function: target, types }: EventRule,
  { directory, log, checkpoints, invoke, report, now }: EventRulePorts,
): Promise<{ stop(): Promise<void> }> {
  const consumer = `events → ${target}`;
  let [passed = 0] = await checkpoints.resume(consumer, 1, 0);
  const wake = new Wake();
  let stopped = false;

  async function deliver(record: LogRecord): Promise<void> {
    for (let left = TRIES; left > 0; left--) {
      const failure = await invoke(busEvent(record, now())).then(() => null, asError);
      if (failure === null) return;
      report(failure);
    }
  }

  async function run(): Promise<void> {
    while (!stopped) {
      const records = log.read(passed, READ_RECORDS);
      for (const record of records) {
        if (stopped) return;
        if (types.includes(record.partitionKey)) await deliver(record);
        const { sequence } = record;
        await directory.commit(() => checkpoints.write(consumer, 0, sequence));
        passed = sequence;
      }
      if (records.length === 0) await wake.wait();
    }
  }

  const end = log.subscribe(() => wake.ring());
  const running = run();
  return {
    async stop() {
      end();
      stopped = true;
      wake.ring();
      await running;
    },
  };
}

const asError = (error: unknown) => error;

/** As EventBridge hands it on. */
function busEvent({ sequence, partitionKey: type, data }: LogRecord, now: number): unknown {
  return {
    version: '0',
    id: String(sequence),
    'detail-type': type,
    source: 'foresight',
    account: '000000000000',
    time: `${new Date(now).toISOString().slice(0, 19)}Z`,
    region: 'us-east-1',
    resources: [],
    detail: JSON.parse(data),
  };
}
