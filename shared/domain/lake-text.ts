import type { ObjectStore } from '../ports.ts';

/**
 * An object of the lake as text, unpacked where it is gzip.
 * @returns null where it cannot be unpacked, or is no UTF-8; empty where it is gone
 */
export async function lakeText(lake: ObjectStore, key: string): Promise<string | null> {
  const body = await lake.get(key);
  if (body === null) return ''; // deleted since it was listed
  const isCompressed = body[0] === 0x1f && body[1] === 0x8b;
  try {
    const text = isCompressed ? await unzipped(body) : body;
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch (error) {
    if (error instanceof TypeError) return null; // what both decoders throw for bytes they cannot read
    throw error;
  }
}

async function unzipped(body: Uint8Array): Promise<ArrayBuffer> {
  const stream = new Blob([new Uint8Array(body)]).stream();
  return new Response(stream.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}
