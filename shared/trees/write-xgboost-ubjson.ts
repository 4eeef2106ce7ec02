import type { Forest } from './forest.ts';
import { writeXgboostJson } from './write-xgboost-json.ts';

/** Of a tree's columns, those that XGBoost keeps as float32 and as bytes; the others are int32. */
const FLOATS = new Set(['base_weights', 'loss_changes', 'split_conditions', 'sum_hessian']);
const BYTES = new Set(['default_left', 'split_type']);

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
  const [type, size] = FLOATS.has(key) ? ['d', 4] : BYTES.has(key) ? ['U', 1] : ['l', 4];
  const bytes = Buffer.alloc(values.length * Number(size));
  values.forEach((value, at) => {
    if (type === 'd') bytes.writeFloatBE(value, 4 * at);
    else if (type === 'U') bytes.writeUInt8(value, at);
    else bytes.writeInt32BE(value, 4 * at);
  });
  return Buffer.concat([Buffer.from(`[$${type}#`), integer(values.length), bytes]);
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
