import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { UnreadableInput } from '../shared/errors.ts';
import { type PriceTable, priceTable } from '../shared/schemas/price-table.ts';
import { PROJECT } from './project.ts';

/** @throws UnreadableInput where there is no table of the region, or one that misses a price */
export function readPriceTable(region: string): PriceTable {
  const file = `resources/prices/${region}.yml`;
  try {
    return priceTable.parse(parse(readFileSync(join(PROJECT, file), 'utf8')));
  } catch (error) {
    throw new UnreadableInput(`no price table in ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
