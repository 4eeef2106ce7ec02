import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import {
  createTable,
  exportSnapshot,
  silverDay,
  snapshotOfDate,
  surveyDay,
  surveySnapshots,
} from '../shared/features/trino-statements.ts';
import { LAKE_TABLES, SNAPSHOT_VIEWS } from '../shared/features/trino-tables.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { wantedStatements } from '../shared/schemas/batch-features-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string(), SHOP_TIME_ZONE: z.string() });

/** The texts that the machine has Athena run. */
export const handler = stepHandler(environment, wantedStatements, (names) => {
  return async (wanted) => {
    switch (wanted.of) {
      case 'tables': {
        const tables = LAKE_TABLES.filter(({ format }) => format === 'iceberg');
        return { statements: tables.map((table) => createTable(table, names.LAKE_BUCKET)) };
      }
      case 'day':
        return { survey: surveyDay(wanted.day), replacements: silverDay(wanted.day) };
      case 'snapshot': {
        const { entity, date } = wanted;
        const view = SNAPSHOT_VIEWS[entity];
        return {
          ...snapshotOfDate(view, date, names.SHOP_TIME_ZONE),
          survey: surveySnapshots(view, date),
        };
      }
      case 'export': {
        // Athena unloads into an empty folder only: each attempt has one of its own.
        const { entity, date } = wanted;
        const prefix = `gold/loads/dt=${date}/${entity}/${randomUUID()}/`;
        const location = `s3://${names.LAKE_BUCKET}/${prefix}`;
        return { prefix, query: exportSnapshot(SNAPSHOT_VIEWS[entity], date, location) };
      }
    }
  };
});
