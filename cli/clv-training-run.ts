import project from '../package.json' with { type: 'json' };
import { readClvModel } from '../shared/domain/clv-model.ts';
import {
  CLV_MODEL,
  type ClvRun,
  type TrainedClv,
  trainClv,
} from '../shared/domain/clv-training.ts';
import { type ModelStores, readFolder } from '../shared/domain/publish-model.ts';
import { asOf, sourceName } from './clv-orders.ts';
import { readTrainingOrders, type TrainingOrders } from './clv-training-orders.ts';

export interface ClvTrainingRequest extends Pick<ClvRun, 'horizonDays' | 'seed' | 'runDate'> {
  /** As `--orders` has it. */
  readonly source: string;
  /** `YYYY-MM-DD`: orders from then on are not looked at; the day after the last where not given. */
  readonly asOf?: string | undefined;
  readonly activity: boolean;
  /** Epoch milliseconds: orders dated later are dropped. */
  readonly before: number;
  /** The version in use before; null: none. */
  readonly champion: string | null;
}

/** Reads the orders and trains on them; registers nothing. */
export async function trainClvOn(
  request: ClvTrainingRequest,
  stores: ModelStores,
  report: (text: string) => void,
): Promise<{ readonly trained: TrainedClv; readonly orders: TrainingOrders }> {
  const { source, activity, before, champion, horizonDays, seed, runDate } = request;
  const orders = await readTrainingOrders(source, { before, activity, seed, report });
  const { book, base, digests } = orders;
  const old = champion === null ? null : await cutPointsOf(champion, stores);
  report(`training on ${book.customers.length} customers`);
  const trained = await trainClv(book, {
    at: asOf(request.asOf, book),
    ...{ horizonDays, seed, runDate },
    codeVersion: project.version,
    ordersFrom: sourceName(source),
    dataDigests: digests,
    ...(base > book.customers.length && { sampledFrom: base }),
    ...(old && { before: old }),
  });
  return { trained, orders };
}

async function cutPointsOf(named: string, stores: ModelStores): Promise<ClvRun['before']> {
  const { folder } = await readFolder(CLV_MODEL, named, stores);
  const { version, document } = readClvModel(folder);
  return { version, cutPoints: document.cut_points };
}
