import type { ObjectStore } from '../ports.ts';
import { type Promotion, promotion } from '../schemas/promotion.ts';
import { parseDocument } from './model-folder.ts';

const folderOf = (model: string) => `${model}/promotions/`;

/** Keeps a promotion on record: written before the routing changes, so that none goes untold. */
export async function recordPromotion(record: Promotion, files: ObjectStore): Promise<void> {
  const key = `${folderOf(record.model)}${record.at.replaceAll(':', '')}-${record.version}.json`;
  await files.put(key, Buffer.from(`${JSON.stringify(record, null, 2)}\n`));
}

/**
 * The promotions of a model, the oldest first.
 * @throws UnusableModel where a record is of another shape
 */
export async function listPromotions(model: string, files: ObjectStore): Promise<Promotion[]> {
  const records: Promotion[] = [];
  for await (const key of files.list(folderOf(model))) {
    const bytes = await files.get(key);
    if (bytes !== null) records.push(parseDocument(promotion, bytes, key));
  }
  return records;
}
