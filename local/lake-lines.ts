import { gunzipSync } from 'node:zlib';
import type { ObjectStore } from '../shared/ports.ts';

/**
 * The lines of all objects under a prefix, plain or gzip-compressed, in the order of their keys.
 * The lake is written at least once: the reader leaves out what it has had.
 */
export async function* lakeLines(lake: ObjectStore, prefix: string): AsyncGenerator<string> {
  for await (const key of lake.list(prefix)) {
    const body = await lake.get(key);
    if (body === null) continue; // deleted since it was listed
    const isCompressed = body[0] === 0x1f && body[1] === 0x8b;
    const text = new TextDecoder().decode(isCompressed ? gunzipSync(body) : body);
    for (const line of text.split('\n')) if (line !== '') yield line;
  }
}
