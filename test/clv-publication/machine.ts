import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { lambdaContext } from '../../local/lambda-context.ts';
import type { WiredMachine } from '../../local/machines/definition.ts';
import { platformTasks } from '../../local/machines/platform-tasks.ts';
import type { Tasks } from '../../local/machines/tasks.ts';
import { trainClv } from '../../shared/domain/clv-training.ts';
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
  definition: JSON.parse(readFileSync(FILE, 'utf8').replace(SUBSTITUTIONS, '$1')),
};

export const ENVIRONMENT = {
  STAGE: 'test',
  LAKE_BUCKET: 'LakeBucket',
  MODELS_BUCKET: 'ModelsBucket',
  ONLINE_TABLE: 'OnlineTable',
  MEDIUM_NOTICES: 'MediumNotices',
  LOW_NOTICES: 'LowNotices',
};

type Handler = (event: unknown, context: Context) => Promise<unknown>;

/** Function of the machine → the module of the deployed one. */
const MODULES: Readonly<Record<string, () => Promise<{ readonly handler: Handler }>>> = {
  PlanFunction: () => import('../../functions/clv-plan.ts'),
  GatherFunction: () => import('../../functions/clv-gather.ts'),
  ScoreFunction: () => import('../../functions/clv-score.ts'),
  CheckFunction: () => import('../../functions/clv-check.ts'),
  PublishPartFunction: () => import('../../functions/clv-publish-part.ts'),
  PublishFunction: () => import('../../functions/clv-publish.ts'),
};

/** What a test puts in the place of a function, which it may call. */
export type Instead = Readonly<
  Record<string, (event: unknown, real: () => Promise<unknown>) => Promise<unknown>>
>;

/** The real functions and the real services of the embedded platform. */
export function tasksOf(instead: Instead = {}): Tasks {
  return platformTasks({
    machines: openStateMachines(),
    invoke: async (name, event) => {
      const { handler } = await (MODULES[name] as (typeof MODULES)[string])();
      const real = () => handler(event, lambdaContext(name, 900));
      return instead[name] === undefined ? real() : instead[name](event, real);
    },
  });
}

export const FIRST_DAY = Date.UTC(2025, 0, 6);
const DAY_MS = 86_400_000;
const timeOf = (day: number) => FIRST_DAY + day * DAY_MS + 43_200_000;

/** A shop of 300 customers over 400 days. */
export const shop = payments(300, 400, 7);

/** Trains on what was paid before a day and lets the version serve. @returns the version */
export async function serveModel(day: number): Promise<string> {
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
  const { folder } = await trainClv(collector.finish(), {
    at: FIRST_DAY + day * DAY_MS,
    horizonDays: 90,
    seed: 1,
    runDate: '2026-01-05',
    codeVersion: 'test',
    dataDigests: [],
  });
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
  changed = '2026-01-01T00:00:00.000000Z',
  name = 'shop',
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
        updated_at: changed,
      };
      return `${JSON.stringify(order)}\n`;
    });
    const key = `bronze/orders/dt=2026-01-01/${name}-${String(start).padStart(6, '0')}.jsonl`;
    await lake.put(key, new TextEncoder().encode(lines.join('')));
  }
}
