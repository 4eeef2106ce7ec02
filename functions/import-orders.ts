import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { openClock } from '#adapters/clock';
import { openObjectStore } from '#adapters/object-store';
import { openSecretStore } from '#adapters/secret-store';
import { parseKeyRing } from '../shared/domain/identity.ts';
import { importTable } from '../shared/domain/orders/import-table.ts';
import { openOrderTable } from '../shared/postgres/order-table.ts';
import { logger, metrics } from '../shared/runtime/observability.ts';
import { scheduleHandler } from '../shared/runtime/schedule-handler.ts';
import { orderDatabase, orderSource } from '../shared/schemas/order-source.ts';

const environment = z.object({
  LAKE_BUCKET: z.string(),
  PSEUDONYM_SECRET: z.string(),
  ORDERS_SECRET: z.string(),
  /** JSON of the mapping; `off` where the stage reads no database. */
  ORDERS_SOURCE: z
    .string()
    .transform((text) => (text === 'off' ? null : orderSource.parse(JSON.parse(text)))),
});

/** The function has 15 minutes; a page begun now ends in time. */
const BUDGET_MS = 12 * 60_000;

/** Brings the orders that changed in the shop's own database into the lake. */
export const handler = scheduleHandler(environment, (names) => {
  const { ORDERS_SOURCE: source } = names;
  if (source === null) return async () => logger.debug('this stage reads no order database');
  const [lake, secrets, clock] = [
    openObjectStore(names.LAKE_BUCKET),
    openSecretStore(),
    openClock(),
  ];
  return async () => {
    const database = orderDatabase.parse(JSON.parse(await secrets.read(names.ORDERS_SECRET)));
    const ring = parseKeyRing(await secrets.read(names.PSEUDONYM_SECRET));
    const open = () => openOrderTable(database, source);
    const until = clock.now() + BUDGET_MS;
    const summary = await importTable(source, { open, lake, clock, ring, until });
    logger.info('orders imported', { summary });
    const refused = Object.values(summary.refused).reduce((sum, count) => sum + count, 0);
    metrics.addMetric('OrdersKept', MetricUnit.Count, summary.kept);
    metrics.addMetric('OrdersRefused', MetricUnit.Count, refused + summary.undated);
  };
});
