import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { parseKeyRing } from '../shared/domain/identity.ts';
import { importTable, type TableImport } from '../shared/domain/orders/import-table.ts';
import { openSecretStore, provisionKeyRing } from '../shared/embedded/secret-store.ts';
import { UnreadableInput } from '../shared/errors.ts';
import type { Clock } from '../shared/ports.ts';
import { openOrderTable } from '../shared/postgres/order-table.ts';
import { orderDatabase, orderSource } from '../shared/schemas/order-source.ts';
import { resourceNamed } from './environment.ts';
import { openLake } from './lake.ts';

/**
 * What the function `import-orders` does, with the mapping out of a file.
 * @param mapping path of a JSON file
 * @throws UnreadableInput for a mapping or a secret that is none; StoreUnavailable without the secret
 */
export async function importOrderTable(
  mapping: string,
  clock: Clock,
  report: (rows: number) => void,
): Promise<TableImport> {
  const source = parsed(mapping, () => readFileSync(mapping, 'utf8'), orderSource);
  const secrets = openSecretStore();
  const secret = resourceNamed('ORDERS_SECRET');
  const written = await secrets.read(secret);
  const database = parsed(`secret ${secret}`, () => written, orderDatabase);
  const pseudonyms = resourceNamed('PSEUDONYM_SECRET');
  provisionKeyRing(pseudonyms);
  return await importTable(source, {
    open: () => openOrderTable(database, source),
    lake: openLake(),
    clock,
    ring: parseKeyRing(await secrets.read(pseudonyms)),
    until: Number.POSITIVE_INFINITY,
    report,
  });
}

function parsed<Schema extends z.ZodType>(
  what: string,
  read: () => string,
  schema: Schema,
): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(read()));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new UnreadableInput(`${what} cannot be used: ${why}`, { cause: error });
  }
}
