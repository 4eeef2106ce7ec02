import { parentPort, workerData } from 'node:worker_threads';
import { openClvModel } from '../../shared/domain/clv-model.ts';
import type { ClvDocument } from '../../shared/schemas/clv-model.ts';
import { openOrderStore } from './order-part.ts';
import { writeScores } from './scored-part.ts';

export interface ScoreWork {
  readonly store: string;
  readonly version: string;
  readonly document: ClvDocument;
  readonly at: number;
}

/** Customers numbered from..to-1, and the file for their scores. */
export interface ScoreTask {
  readonly from: number;
  readonly to: number;
  readonly path: string;
}

const { store, version, document, at } = workerData as ScoreWork;
const model = openClvModel(version, document);
const orders = await openOrderStore(store);

parentPort?.on('message', async ({ from, to, path }: ScoreTask) => {
  const part = await orders.part(from, to);
  parentPort?.postMessage(writeScores(model, part, at, path));
});
