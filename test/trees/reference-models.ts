import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A model that a real library made, and what that library says of rows (reference.py). */
export interface ReferenceModel {
  readonly name: string;
  readonly features: number;
  readonly count: number;
  readonly files: readonly { readonly format: string; readonly bytes: Buffer }[];
  readonly rows: Float64Array;
  readonly margins: Float64Array;
  readonly predictions: Float64Array;
}

interface Listing {
  readonly cases: readonly { name: string; formats: string[]; features: number; rows: number }[];
}

export const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'trees');

export function referenceModels(folder: string): readonly ReferenceModel[] {
  const listing = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as Listing;
  return listing.cases.map(({ name, formats, features, rows }) => {
    const file = (extension: string) => readFileSync(join(folder, `${name}.${extension}`));
    const numbers = (extension: string) =>
      new Float64Array(Uint8Array.from(file(extension)).buffer);
    return {
      name,
      features,
      count: rows,
      files: formats.map((format) => ({ format, bytes: file(format) })),
      rows: numbers('rows'),
      margins: numbers('margins'),
      predictions: numbers('predictions'),
    };
  });
}
