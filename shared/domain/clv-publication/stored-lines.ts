import type { ObjectStore } from '../../ports.ts';

/** A line of text, and the object that it stands in. */
export interface StoredLine {
  readonly key: string;
  readonly text: string;
}

/**
 * The lines of objects, empty ones left out. An object that is gone (the lake's expire) has none.
 * @param read an object's text, decompressed where it must be
 */
export async function* storedLines(
  keys: Iterable<string> | AsyncIterable<string>,
  lake: ObjectStore,
  read: (bytes: Uint8Array) => string = (bytes) => new TextDecoder().decode(bytes),
): AsyncGenerator<StoredLine> {
  for await (const key of keys) {
    const bytes = await lake.get(key);
    if (bytes === null) continue;
    for (const text of read(bytes).split('\n')) if (text !== '') yield { key, text };
  }
}
