import { RunIncomplete } from '../../errors.ts';
import { type CatalogueEntry, catalogue } from '../../features/catalogue.ts';
import type { PrefixRows } from '../prefix-rows.ts';

const COLUMNS = {
  session: Int32Array,
  unit: Int32Array,
  prefix: Int32Array,
  sourceRow: Int32Array,
  time: Float64Array,
  prefixes: Int32Array,
  sessionStart: Float64Array,
  sessionEnd: Float64Array,
  label: Uint8Array,
  weight: Float64Array,
  known: Uint8Array,
  censored: Uint8Array,
  part: Uint8Array,
} as const;
type Column = keyof typeof COLUMNS;

interface Header {
  readonly length: number;
  /** Names and digests of their definitions. */
  readonly features: readonly (readonly [string, string])[];
  readonly categories: PrefixRows['categories'];
  readonly settleMs: PrefixRows['settleMs'];
  readonly countries: readonly (string | null)[];
}

const NEWLINE = 10;

/**
 * Rows as bytes: a line of JSON, then each column and then the values, a row after the other, in
 * the byte order of the machine. The same rows give the same bytes.
 */
export function writeRows(rows: PrefixRows): Uint8Array {
  const countries = [...new Set(rows.country)];
  const header: Header = {
    length: rows.length,
    features: rows.features.map(({ name, digest }) => [name, digest]),
    categories: rows.categories,
    settleMs: rows.settleMs,
    countries,
  };
  const codes = new Map(countries.map((country, code) => [country, code]));
  const width = rows.features.length;
  const values = new Float64Array(rows.length * width);
  for (let row = 0; row < rows.length; row++)
    for (let feature = 0; feature < width; feature++)
      values[row * width + feature] = rows.value(row, feature);
  const parts = [
    ...Object.keys(COLUMNS).map((name) => rows[name as Column]),
    Uint16Array.from(rows.country, (country) => codes.get(country) as number),
    values,
  ];
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(header)}\n`),
    ...parts.map(({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    ),
  ]);
}

/** @throws RunIncomplete where a feature's definition has changed since, or bytes are missing */
export function readRows(bytes: Uint8Array): PrefixRows {
  const end = bytes.indexOf(NEWLINE);
  const header = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as Header;
  const { length, categories, settleMs, countries } = header;
  const features = header.features.map(([name, digest]) => definitionOf(name, digest));
  const width = features.length;
  let at = end + 1;
  const take = (size: number) => {
    if (at + size > bytes.length) throw changed('its rows are cut off');
    at += size;
    // A copy, which begins where typed arrays may: `slice` of a Buffer would be none.
    return new Uint8Array(bytes.subarray(at - size, at)).buffer;
  };
  const columns = Object.fromEntries(
    Object.entries(COLUMNS).map(([name, Kind]) => [
      name,
      new Kind(take(length * Kind.BYTES_PER_ELEMENT)),
    ]),
  ) as Pick<PrefixRows, Column>;
  const country = Array.from(
    new Uint16Array(take(2 * length)),
    (code) => countries[code] as string | null,
  );
  const values = new Float64Array(take(8 * length * width));
  const value = (row: number, feature: number) => values[row * width + feature] as number;
  return {
    ...columns,
    features,
    length,
    country,
    settleMs,
    categories,
    value,
    vector: (row, chosen) =>
      chosen.map((feature) => {
        const encoded = value(row, feature);
        if (Number.isNaN(encoded)) return null;
        if (features[feature]?.type === 'number') return encoded;
        return categories[feature]?.[encoded] ?? null;
      }),
  };
}

function definitionOf(name: string, digest: string): CatalogueEntry {
  const entry = catalogue().find((each) => each.name === name);
  if (entry?.digest === digest) return entry;
  throw changed(`${name} is defined otherwise now`);
}

function changed(problem: string): RunIncomplete {
  return new RunIncomplete(
    `the training set of this run cannot be used: ${problem}. Start another run, with a cause of its own`,
  );
}
