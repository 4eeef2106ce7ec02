import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadFunctions } from '../../local/functions.ts';
import type { WiredMachine } from '../../local/machines/definition.ts';
import { platformTasks } from '../../local/machines/platform-tasks.ts';
import type { Tasks } from '../../local/machines/tasks.ts';
import { type TrainedClv, trainClv } from '../../shared/domain/clv-training.ts';
import { modelFileKey } from '../../shared/domain/model-folder.ts';
import { OrderCollector } from '../../shared/domain/orders/order-book.ts';
import { routingKey } from '../../shared/domain/routing.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import type { ImportedOrder } from '../../shared/schemas/order-source.ts';
import { type Payment, payments } from '../clv/shop.ts';
import { routingTo } from '../routing-to.ts';

const FILE = join(import.meta.dirname, '../../state-machines/clv-scoring.asl.json');
const SUBSTITUTIONS = /\$\{(\w+)\}/g;

export const machine: WiredMachine = {
  resource: 'ClvScoringMachine',
  name: 'clv-scoring',
  definition: JSON.parse(
    readFileSync(FILE, 'utf8')
      .replace(/\$\{TransformInstances\}/, '1')
      .replace(SUBSTITUTIONS, '$1')
      // A test does not wait for the patience of a machine.
      .replaceAll(/"IntervalSeconds": \d+/g, '"IntervalSeconds": 1'),
  ),
};

export const ENVIRONMENT = {
  STAGE: 'test',
  LAKE_BUCKET: 'LakeBucket',
  MODELS_BUCKET: 'ModelsBucket',
  ONLINE_TABLE: 'OnlineTable',
  MEDIUM_NOTICES: 'MediumNotices',
  LOW_NOTICES: 'LowNotices',
};

/** Function of the machine → name of the deployed one. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  PlanFunction: 'clv-plan',
  GatherFunction: 'clv-gather',
  FeaturesFunction: 'clv-features',
  ForestsFunction: 'clv-forests',
  ScoreFunction: 'clv-score',
  CheckFunction: 'clv-check',
  PublishPartFunction: 'clv-publish-part',
  PublishFunction: 'clv-publish',
};

/** What a test puts in the place of a function, which it may call. */
export type Instead = Readonly<
  Record<string, (event: unknown, real: () => Promise<unknown>) => Promise<unknown>>
>;

/** The real functions and the real services of the embedded platform. */
export async function tasksOf(instead: Instead = {}): Promise<Tasks> {
  const invoke = await loadFunctions(
    Object.values(FUNCTIONS).map((name) => ({
      name,
      module: `functions/${name}`,
      export: 'handler',
      environment: {},
      timeoutSeconds: 900,
    })),
  );
  return platformTasks({
    machines: openStateMachines(),
    invoke: async (name, event) => {
      const real = () => invoke(FUNCTIONS[name] as string, event);
      return instead[name] === undefined ? real() : instead[name](event, real);
    },
  });
}

const FIRST_DAY = Date.UTC(2025, 0, 6);
const DAY_MS = 86_400_000;
const timeOf = (day: number) => FIRST_DAY + day * DAY_MS + 43_200_000;

/** A shop of 200 customers over 400 days. */
export const shop = payments(200, 400, 7);

/** Trained on what was paid in the first year. */
async function trainedOnYear(): Promise<TrainedClv> {
  const collector = new OrderCollector({ files: 1, now: Number.POSITIVE_INFINITY });
  for (const { customer, day, amount } of shop)
    collector.add({
      customer: `k1_${customer}`,
      order: `${customer} ${day}`,
      at: timeOf(day),
      product: 'purchase',
      quantity: 1,
      value: amount,
      cancels: false,
      country: null,
    });
  return trainClv(collector.finish(), {
    at: FIRST_DAY + 364 * DAY_MS,
    horizonDays: 90,
    seed: 1,
    runDate: '2026-01-05',
    codeVersion: 'test',
    dataDigests: [],
  });
}

let trained: Promise<TrainedClv> | undefined;

/** Trains once for all tests of a file. */
export function trainModel(): Promise<TrainedClv> {
  trained ??= trainedOnYear();
  return trained;
}

/** Lets the model serve. @returns its version */
export async function serveModel(): Promise<string> {
  const { folder } = await trainModel();
  const models = openObjectStore(ENVIRONMENT.MODELS_BUCKET);
  for (const file of ['model', 'manifest', 'card'] as const)
    await models.put(modelFileKey('clv', folder.version, file), folder[file]);
  await openOnlineStore(ENVIRONMENT.ONLINE_TABLE).write({
    key: routingKey('clv'),
    version: 1,
    state: JSON.stringify(routingTo(folder.version, { model: 'clv' })),
  });
  return folder.version;
}

/** Puts payments into the lake as `import-orders` writes them, an object a hundred. */
export async function importOrders(
  rows: readonly Payment[],
  given: Partial<ImportedOrder> = {},
): Promise<void> {
  const lake = openObjectStore(ENVIRONMENT.LAKE_BUCKET);
  for (let start = 0; start < rows.length; start += 100) {
    const lines = rows.slice(start, start + 100).map(({ customer, day, amount }) => {
      const order: ImportedOrder = {
        source: 'shop',
        order_id: `${customer} ${day}`,
        user_id: `k1_${customer}`,
        order_date: new Date(timeOf(day)).toISOString(),
        amount,
        currency: 'EUR',
        state: 'bought',
        updated_at: '2026-01-01T00:00:00.000000Z',
        ...given,
      };
      return `${JSON.stringify(order)}\n`;
    });
    const page = `${given.updated_at?.slice(0, 10) ?? 'all'}-${String(start).padStart(6, '0')}`;
    const key = `bronze/orders/dt=2026-01-01/shop-${page}.jsonl`;
    await lake.put(key, new TextEncoder().encode(lines.join('')));
  }
}
