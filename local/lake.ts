import { join } from 'node:path';
import { dataDirectory } from '../shared/embedded/data-directory.ts';
import { openObjectStore } from '../shared/embedded/object-store.ts';
import { UnsupportedWiring } from '../shared/errors.ts';
import type { ObjectStore } from '../shared/ports.ts';
import { readProjectWiring } from './project.ts';

/** The bucket to which the wiring delivers the streams. */
function lakeBucket(): string {
  const [delivery] = readProjectWiring('dev').deliveries;
  if (delivery === undefined)
    throw new UnsupportedWiring('serverless.yml delivers nothing to a lake');
  return delivery.bucket;
}

/** The lake of the data directory in use. */
export function openLake(): ObjectStore {
  return openObjectStore(lakeBucket());
}

/** The folder that the lake is in, for what reads files itself. */
export function lakeFolder(): string {
  return join(dataDirectory().path, lakeBucket());
}
