import { createHash } from 'node:crypto';
import * as z from 'zod';
import { UnusableModel } from '../errors.ts';
import { checkForest } from './check-forest.ts';
import type { Forest } from './forest.ts';
import { isObjective } from './objective.ts';

/**
 * The compact form: `foresttr`, version and length of the header (32-bit each, little-endian), the
 * header as JSON, then the base margin and columns of numbers, each beginning at a multiple of 8 bytes, then the SHA-256
 * of all before. A column of doubles is kept as float32 where that loses nothing, as with XGBoost.
 */
const MAGIC = 'foresttr';
const VERSION = 1;
const PREFIX_BYTES = 16;
const DIGEST_BYTES = 32;

const headerSchema = z.strictObject({
  objective: z.string().refine(isObjective),
  rules: z.enum(['xgboost', 'lightgbm']),
  featureCount: z.int().min(0),
  featureNames: z.array(z.string()).nullable(),
  averaged: z.boolean(),
  trees: z.int().min(0),
  nodes: z.int().min(0),
  /** Length of each category set in words. */
  sets: z.array(z.int().min(0)),
  /** Bytes of a number in the columns of doubles. */
  widths: z.tuple([widthSchema(), widthSchema(), widthSchema()]),
});

type Header = z.infer<typeof headerSchema>;

function widthSchema() {
  return z.literal([4, 8]);
}

export function isCompact(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/** What `readCompact` reads back as the same forest. */
export function writeCompact(forest: Forest): Uint8Array {
  const { feature, threshold, value, missing, missingLeft } = forest;
  // A node has a threshold or a leaf value, and its flags fit one byte.
  const numbers = threshold.map((one, node) =>
    (feature[node] as number) < 0 ? (value[node] as number) : one,
  );
  const flags = missingLeft.map((left, node) => left | ((missing[node] as number) << 1));
  const doubles = [numbers, forest.cover, forest.gain].map(narrowed);
  const header: Header = {
    objective: forest.objective,
    rules: forest.rules,
    featureCount: forest.featureCount,
    featureNames: forest.featureNames === null ? null : [...forest.featureNames],
    averaged: forest.averaged,
    trees: forest.starts.length - 1,
    nodes: feature.length,
    sets: forest.categorySets.map(({ length }) => length),
    widths: doubles.map(({ BYTES_PER_ELEMENT }) => BYTES_PER_ELEMENT) as Header['widths'],
  };
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(MAGIC, 'latin1');
  prefix.writeUInt32LE(VERSION, 8);
  prefix.writeUInt32LE(text.length, 12);
  const { starts, left, right, categorySet, categorySets } = forest;
  const base = Float64Array.of(forest.baseMargin);
  const columns = [
    base,
    starts,
    feature,
    left,
    right,
    categorySet,
    flags,
    ...doubles,
    ...categorySets,
  ];
  const body = Buffer.concat([prefix, text, ...columns].flatMap(padded));
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

function narrowed(numbers: Float64Array): Float32Array | Float64Array {
  return numbers.every((number) => Object.is(Math.fround(number), number))
    ? Float32Array.from(numbers)
    : numbers;
}

function padded(
  part: Uint8Array | Int32Array | Uint32Array | Float32Array | Float64Array,
): Uint8Array[] {
  const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  return [bytes, new Uint8Array(padding(bytes.length))];
}

const padding = (length: number) => (8 - (length % 8)) % 8;

/**
 * Reads the compact form; columns that need no widening stay views of the bytes (of a copy where
 * `bytes` begins at no multiple of 8).
 * @throws UnusableModel where the digest does not match, or the version is not this one's
 */
export function readCompact(bytes: Uint8Array): Forest {
  if (bytes.length < PREFIX_BYTES + DIGEST_BYTES || !isCompact(bytes))
    throw new UnusableModel('not a compact forest');
  const end = bytes.length - DIGEST_BYTES;
  const digest = createHash('sha256').update(bytes.subarray(0, end)).digest();
  if (!digest.equals(bytes.subarray(end)))
    throw new UnusableModel('compact forest: its digest does not match, the file is damaged');
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const view = new DataView(aligned.buffer, aligned.byteOffset, end);
  const version = view.getUint32(8, true);
  if (version !== VERSION)
    throw new UnusableModel(`compact forest of version ${version}: this code reads ${VERSION}`);
  const headerLength = view.getUint32(12, true);
  const header = headerOf(
    aligned.subarray(PREFIX_BYTES, Math.min(end, PREFIX_BYTES + headerLength)),
  );

  let at = PREFIX_BYTES + headerLength;
  function take<Column>(
    type: new (buffer: ArrayBuffer, offset: number, length: number) => Column,
    length: number,
    width: number,
  ): Column {
    at += padding(at);
    if (length * width > end - at) throw new UnusableModel('compact forest: shorter than it says');
    const column = new type(aligned.buffer as ArrayBuffer, aligned.byteOffset + at, length);
    at += length * width;
    return column;
  }
  const integers = (length: number) => take(Int32Array, length, 4);
  const doubles = (width: 4 | 8) =>
    width === 4
      ? Float64Array.from(take(Float32Array, header.nodes, 4))
      : take(Float64Array, header.nodes, 8);

  const { nodes } = header;
  const baseMargin = take(Float64Array, 1, 8)[0] as number;
  const starts = integers(header.trees + 1);
  const feature = integers(nodes);
  const left = integers(nodes);
  const right = integers(nodes);
  const categorySet = integers(nodes);
  const flags = take(Uint8Array, nodes, 1);
  const numbers = doubles(header.widths[0]);
  const cover = doubles(header.widths[1]);
  const gain = doubles(header.widths[2]);
  const categorySets = header.sets.map((words) => take(Uint32Array, words, 4));
  const threshold = new Float64Array(nodes);
  const value = new Float64Array(nodes);
  const missing = new Uint8Array(nodes);
  const missingLeft = new Uint8Array(nodes);
  for (let node = 0; node < nodes; node++) {
    missing[node] = (flags[node] as number) >> 1;
    missingLeft[node] = (flags[node] as number) & 1;
    const isLeaf = (feature[node] as number) < 0;
    (isLeaf ? value : threshold)[node] = numbers[node] as number;
  }
  const { objective, rules, featureCount, featureNames, averaged } = header;
  // biome-ignore format: the fields of a forest
  return checkForest({ objective, rules, featureCount, featureNames, baseMargin, averaged, starts, feature, threshold, left, right, missingLeft, missing, categorySet, categorySets, value, cover, gain });
}

function headerOf(bytes: Uint8Array): Header {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new UnusableModel(`compact forest: unusable header: ${(error as Error).message}`);
  }
}
