import { join } from 'node:path';
import { DeadlineExceeded, EndpointModelFailed, EndpointUnavailable } from '../errors.ts';
import { sigmoid } from '../math/sigmoid.ts';
import type { ModelEndpoint } from '../ports.ts';
import { dataDirectory } from './data-directory.ts';
import { openObjectStore, readObject } from './object-store.ts';

const ENDPOINTS = 'endpoints';

type Margin = (row: Float32Array) => number;

/**
 * An endpoint that hosts forests as the built-in XGBoost container does: what `hostVersion` has put
 * there, evaluated in this process, answered as float32 probabilities.
 */
export function openModelEndpoint(name: string): ModelEndpoint {
  const hosted = new Map<string, Promise<{ columns: number; margin: Margin }>>();

  function versionOf(version: string) {
    const known = hosted.get(version);
    if (known !== undefined) return known;
    const opening = openVersion(name, version);
    hosted.set(version, opening);
    opening.catch(() => hosted.delete(version));
    return opening;
  }

  return {
    async predict(version, rows, signal) {
      if (signal?.aborted) throw new DeadlineExceeded(`the call of endpoint ${name} was given up`);
      if (rows.length === 0) return [];
      const { columns, margin } = await versionOf(version);
      return rows.map((row) => {
        if (row.length !== columns)
          throw new EndpointModelFailed(
            `${version} on endpoint ${name} has ${columns} columns, a row of ${row.length} was given`,
          );
        return Math.fround(sigmoid(margin(row)));
      });
    },
  };
}

/**
 * Puts a version on an endpoint, as a deployment of its model would.
 * @param forest the bytes of its file, in any format that `readForest` knows
 */
export async function hostVersion(
  name: string,
  version: string,
  forest: Uint8Array,
): Promise<void> {
  await openObjectStore(ENDPOINTS).put(`${name}/${version}`, forest);
}

async function openVersion(name: string, version: string) {
  const bytes = await readObject(join(dataDirectory().path, ENDPOINTS), `${name}/${version}`);
  if (bytes === null)
    throw new EndpointUnavailable(`endpoint ${name} does not exist or does not host ${version}`);
  // Loaded late: without an endpoint nobody needs it.
  const [{ readForest }, { compileForest }] = await Promise.all([
    import('../trees/read-forest.ts'),
    import('../trees/evaluate.ts'),
  ]);
  const forest = readForest(bytes);
  const { margin } = compileForest(forest);
  return { columns: forest.featureCount, margin };
}
