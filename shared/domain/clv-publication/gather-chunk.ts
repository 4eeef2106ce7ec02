import type { ObjectStore } from '../../ports.ts';
import { gatherActivity } from './gathered-activity.ts';
import { gatherOrders } from './gathered-orders.ts';
import { plannedChunk } from './gathering-chunks.ts';

/**
 * Sends what a chunk of a run's objects holds to the customers' parts.
 * @param read an object's text, decompressed
 * @returns lines that could not be read
 * @throws InvalidPublication where the run was not planned
 */
export async function gatherChunk(
  place: { readonly run: string; readonly chunk: number; readonly parts: number },
  lake: ObjectStore,
  read: (bytes: Uint8Array) => string,
): Promise<{ readonly unreadable: number }> {
  const { reads, objects } = await plannedChunk(place.run, place.chunk, lake);
  const gather = reads === 'orders' ? gatherOrders : gatherActivity;
  return gather(objects, place, lake, read);
}
