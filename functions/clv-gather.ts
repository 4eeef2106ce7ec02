import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { openObjectStore } from '#adapters/object-store';
import { gatherChunk } from '../shared/domain/clv-publication/gather-chunk.ts';
import { logger } from '../shared/runtime/observability.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({ LAKE_BUCKET: z.string() });
/** Of the plan of a run, whether it scores or trains. */
const plan = z.object({ run_id: z.string(), parts: z.number().int().min(1) });
const input = z.object({ plan, chunk: z.number().int().min(0) });

/** Sends the orders, or what was done on the site, of a chunk of the lake's objects to their customers' parts. */
export const handler = stepHandler(environment, input, ({ LAKE_BUCKET }) => {
  const lake = openObjectStore(LAKE_BUCKET);
  return async ({ plan: { run_id: run, parts }, chunk }) => {
    const counts = await gatherChunk({ run, chunk, parts }, lake, textOf);
    if (counts.unreadable > 0) logger.warn('lines cannot be read', { run, chunk, counts });
    return { chunk };
  };
});

/** Firehose compresses what it writes, the embedded lake does not. */
function textOf(bytes: Uint8Array): string {
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return new TextDecoder().decode(isCompressed ? gunzipSync(bytes) : bytes);
}
