import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ClvDocument } from '../../shared/schemas/clv-model.ts';
import { writeTable } from '../write-table.ts';
import { countsWith } from './import-counts.ts';
import type { OrderStore } from './order-store.ts';
import type { ScoreTask, ScoreWork } from './score-worker.ts';
import { SCORE_COLUMNS, type ScoredPart } from './scored-part.ts';

/** Of a base as a whole. */
export interface ScoredBase extends ScoredPart {
  readonly parts: number;
}

const PART_CUSTOMERS = 10_000;

/**
 * Scores every customer of a store in parts, a worker each, into one file in the order of the ids.
 * The file does not depend on the number of workers.
 * @param folder for the parts' files; the caller deletes it
 * @param path ends in .csv or .parquet
 */
export async function scoreBase(
  store: OrderStore,
  model: { readonly version: string; readonly document: ClvDocument },
  at: number,
  options: {
    readonly folder: string;
    readonly path: string;
    readonly workers: number;
    readonly partCustomers?: number;
    readonly report?: (customers: number) => void;
  },
): Promise<ScoredBase> {
  const size = options.partCustomers ?? PART_CUSTOMERS;
  const tasks: ScoreTask[] = [];
  for (let from = 0; from < store.customers; from += size)
    tasks.push({ from, to: from + size, path: join(options.folder, `scores-${from}.csv`) });
  const work: ScoreWork = {
    store: store.file,
    version: model.version,
    document: model.document,
    at,
  };
  const parts = await scoredParts(tasks, work, options.workers, options.report ?? (() => {}));
  await writeTable(options.path, SCORE_COLUMNS, async (writer) => {
    for (const { path } of tasks) await writer.append(path);
  });
  return {
    ...parts.reduce<Scored>(together, NOBODY),
    counts: countsWith(
      store,
      parts.map(({ counts }) => counts),
    ),
    parts: parts.length,
  };
}

type Scored = Omit<ScoredPart, 'counts'>;
const NOBODY: Scored = { customers: 0, predictedValue: 0, tiers: { low: 0, medium: 0, high: 0 } };

/** In the order of the tasks, whoever did them. */
async function scoredParts(
  tasks: readonly ScoreTask[],
  work: ScoreWork,
  workers: number,
  report: (customers: number) => void,
): Promise<ScoredPart[]> {
  const parts: ScoredPart[] = [];
  let next = 0;
  let scored = 0;
  await Promise.all(
    Array.from({ length: Math.min(workers, tasks.length) }, async () => {
      const worker = new Worker(new URL('./score-worker.ts', import.meta.url), {
        workerData: work,
      });
      try {
        for (let number = next++; number < tasks.length; number = next++) {
          const part = await answerOf(worker, tasks[number] as ScoreTask);
          parts[number] = part;
          scored += part.customers;
          report(scored);
        }
      } finally {
        await worker.terminate();
      }
    }),
  );
  return parts;
}

function answerOf(worker: Worker, task: ScoreTask): Promise<ScoredPart> {
  return new Promise((resolve, reject) => {
    const answered = (part: ScoredPart) => {
      worker.off('error', failed);
      resolve(part);
    };
    const failed = (error: Error) => {
      worker.off('message', answered);
      reject(error);
    };
    worker.once('message', answered).once('error', failed).postMessage(task);
  });
}

function together(one: Scored, other: Scored): Scored {
  return {
    customers: one.customers + other.customers,
    predictedValue: one.predictedValue + other.predictedValue,
    tiers: {
      low: one.tiers.low + other.tiers.low,
      medium: one.tiers.medium + other.tiers.medium,
      high: one.tiers.high + other.tiers.high,
    },
  };
}
