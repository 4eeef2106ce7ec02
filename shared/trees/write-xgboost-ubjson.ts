import type { Forest } from './forest.ts';
import { writeXgboostJson } from './write-xgboost-json.ts';

/** How XGBoost keeps a tree's columns: UBJSON's marker and what writes a value; else as int32. */
const INT32: ColumnType = ['l', 4, (bytes, value, at) => bytes.writeInt32BE(value, at)];
const FLOAT32: ColumnType = ['d', 4, (bytes, value, at) => bytes.writeFloatBE(value, at)];
const BYTE: ColumnType = ['U', 1, (bytes, value, at) => bytes.writeUInt8(value, at)];
const INT64: ColumnType = ['L', 8, (bytes, value, at) => bytes.writeBigInt64BE(BigInt(value), at)];
const COLUMNS: Readonly<Record<string, ColumnType>> = {
  base_weights: FLOAT32,
  categories_segments: INT64,
  categories_sizes: INT64,
  default_left: BYTE,
  loss_changes: FLOAT32,
  split_conditions: FLOAT32,
  split_type: BYTE,
  sum_hessian: FLOAT32,
};

type ColumnType = readonly [
  marker: string,
  size: number,
  write: (bytes: Buffer, value: number, at: number) => void,
];

/**
 * The forest as XGBoost's model file in Universal Binary JSON, the form that its `load_model` takes a
 * file without an ending for, as in SageMaker's containers: the document of `writeXgboostJson`, a
 * tree's columns as typed arrays.
 * @throws InvalidRequest for a forest of LightGBM's rules
 */
export function writeXgboostUbjson(forest: Forest): Uint8Array {
  const parts: Uint8Array[] = [];
  writeValue(JSON.parse(writeXgboostJson(forest)), parts);
  return Buffer.concat(parts);
}

function writeValue(value: unknown, parts: Uint8Array[]): void {
  if (typeof value === 'string') parts.push(Buffer.from('S'), text(value));
  else if (typeof value === 'number') parts.push(integer(value));
  else if (Array.isArray(value)) writeArray(value, parts);
  else writeObject(value as Record<string, unknown>, parts);
}

function writeObject(fields: Readonly<Record<string, unknown>>, parts: Uint8Array[]): void {
  const isTree = 'tree_param' in fields;
  parts.push(Buffer.from('{'));
  for (const [key, value] of Object.entries(fields)) {
    parts.push(text(key));
    if (isTree && Array.isArray(value)) parts.push(typedArray(key, value));
    else writeValue(value, parts);
  }
  parts.push(Buffer.from('}'));
}

function writeArray(values: readonly unknown[], parts: Uint8Array[]): void {
  parts.push(Buffer.from('['));
  for (const value of values) writeValue(value, parts);
  parts.push(Buffer.from(']'));
}

function typedArray(key: string, values: readonly number[]): Buffer {
  const [marker, size, write] = COLUMNS[key] ?? INT32;
  const bytes = Buffer.alloc(values.length * size);
  values.forEach((value, at) => {
    write(bytes, value, at * size);
  });
  return Buffer.concat([Buffer.from(`[$${marker}#`), integer(values.length), bytes]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([integer(bytes.length), bytes]);
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.write('L', 0, 'latin1');
  bytes.writeBigInt64BE(BigInt(value), 1);
  return bytes;
}
