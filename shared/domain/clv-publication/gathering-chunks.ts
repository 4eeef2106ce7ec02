import * as z from 'zod';
import { InvalidPublication, NotEnoughData } from '../../errors.ts';
import type { ObjectStore } from '../../ports.ts';
import { EVENTS, ORDER_FOLDERS } from './gathered-orders.ts';
import { chunksKey } from './publication-keys.ts';

/** Firehose closes an object at some 64 MB: so many are read by a function in minutes. */
const OBJECTS_A_CHUNK = 32;
const DAY = /\/dt=(\d{4}-\d{2}-\d{2})\//;

const chunk = z.strictObject({
  /** What is looked for in the objects. */
  reads: z.enum(['orders', 'activity']),
  objects: z.array(z.string()),
});
type GatheringChunk = z.infer<typeof chunk>;

/**
 * Writes down which objects of the lake a run gathers orders from, in chunks, and where it needs them
 * those of sessions and carts.
 * @param activitySince day (`YYYY-MM-DD`) from which on what was received is looked through for sessions
 *   and carts; null: they are not needed
 * @returns how many chunks
 * @throws NotEnoughData where the lake has no orders, or none of the events needed
 */
export async function planChunks(
  run: string,
  lake: ObjectStore,
  activitySince: string | null = null,
): Promise<number> {
  const chunks = await orderChunks(lake);
  if (chunks.length === 0)
    throw new NotEnoughData(
      `the lake has no orders under ${ORDER_FOLDERS.join(' or ')}: import some first`,
    );
  if (activitySince !== null) {
    const isRecent = (key: string) => (DAY.exec(key)?.[1] ?? '') >= activitySince;
    const events = await chunksOf(EVENTS, 'activity', lake, isRecent);
    if (events.length === 0)
      throw new NotEnoughData(
        `the model learned from sessions and carts, and the lake has no events${activitySince === '' ? '' : ` since ${activitySince}`} under ${EVENTS}: train without --activity, or import them`,
      );
    chunks.push(...events);
  }
  await lake.put(chunksKey(run), new TextEncoder().encode(JSON.stringify(chunks)));
  return chunks.length;
}

async function orderChunks(lake: ObjectStore): Promise<GatheringChunk[]> {
  for (const folder of ORDER_FOLDERS) {
    const chunks = await chunksOf(folder, 'orders', lake, () => true);
    if (chunks.length > 0) return chunks;
  }
  return [];
}

async function chunksOf(
  folder: string,
  reads: GatheringChunk['reads'],
  lake: ObjectStore,
  wanted: (key: string) => boolean,
): Promise<GatheringChunk[]> {
  const chunks: GatheringChunk[] = [];
  for await (const key of lake.list(folder)) {
    if (!wanted(key)) continue;
    const last = chunks.at(-1);
    if (last === undefined || last.objects.length === OBJECTS_A_CHUNK)
      chunks.push({ reads, objects: [key] });
    else last.objects.push(key);
  }
  return chunks;
}

/** @throws InvalidPublication where the run was not planned */
export async function plannedChunk(
  run: string,
  number: number,
  lake: ObjectStore,
): Promise<GatheringChunk> {
  const bytes = await lake.get(chunksKey(run));
  const planned =
    bytes === null ? [] : z.array(chunk).parse(JSON.parse(new TextDecoder().decode(bytes)));
  const found = planned[number];
  if (found === undefined)
    throw new InvalidPublication(`${chunksKey(run)} has no chunk ${number}: start the run again`);
  return found;
}
