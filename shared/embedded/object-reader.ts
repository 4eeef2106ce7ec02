import { join } from 'node:path';
import { DeadlineExceeded } from '../errors.ts';
import type { ObjectReader } from '../ports.ts';
import { dataDirectory } from './data-directory.ts';
import { readObject } from './object-store.ts';

export function openObjectReader(bucket: string): ObjectReader {
  const root = join(dataDirectory().path, bucket);
  return {
    async get(key, signal) {
      if (signal?.aborted) throw new DeadlineExceeded(`the read of ${key} was given up`);
      return readObject(root, key);
    },
  };
}
