import { InvalidRequest } from '../../errors.ts';
import { compileForest } from '../../trees/evaluate.ts';
import type { Forest } from '../../trees/forest.ts';
import { inverseLink } from '../../trees/objective.ts';
import { recordFilter } from './record-filter.ts';
import type { TransformJob } from './transform-job.ts';

const MEGABYTE = 2 ** 20;
const NEWLINE = '\n'.charCodeAt(0);

/**
 * What a transform job with the built-in XGBoost container makes of a CSV file: each record's fields
 * that `InputFilter` chooses are the model's columns, an empty one missing; a line of output is the
 * prediction, behind the record's own fields where `JoinSource` is Input, of which `OutputFilter`
 * chooses. Records are scored a payload at a time.
 * @returns a function of a file's name and bytes; it throws InvalidRequest naming the line
 */
export function batchTransform(
  forest: Forest,
  { DataProcessing, MaxPayloadInMB, BatchStrategy }: TransformJob,
): (name: string, file: Uint8Array) => Uint8Array {
  const input = recordFilter(DataProcessing.InputFilter);
  const output = recordFilter(DataProcessing.OutputFilter);
  const joined = DataProcessing.JoinSource === 'Input';
  const predict = predictor(forest);
  const single = BatchStrategy === 'SingleRecord';
  return (name, file) => {
    const parts: Uint8Array[] = [];
    let line = 0;
    for (const payload of payloads(name, file, single ? 0 : MaxPayloadInMB * MEGABYTE)) {
      if (payload.length > MaxPayloadInMB * MEGABYTE)
        throw new InvalidRequest(
          `${name}, line ${line + 1}: longer than MaxPayloadInMB ${MaxPayloadInMB}`,
        );
      const records = payload.toString().split(/\r?\n/);
      if (records.at(-1) === '') records.pop();
      const fields = records.map((record) => record.split(','));
      const rows = fields.map((record, at) =>
        rowOf(input(record), forest.featureCount, `${name}, line ${line + at + 1}`),
      );
      const predictions = predict(rows);
      const lines = fields.map((record, at) => {
        const prediction = String(predictions[at]);
        return output(joined ? [...record, prediction] : [prediction]).join(',');
      });
      parts.push(Buffer.from(`${lines.join('\n')}\n`));
      line += records.length;
    }
    return Buffer.concat(parts);
  };
}

/** Whole lines, as many as fit `most` bytes, at least one. */
function* payloads(name: string, file: Uint8Array, most: number): Generator<Buffer> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length === 0) throw new InvalidRequest(`${name} is empty`);
  if (bytes.includes('"'))
    throw new InvalidRequest(`${name} has quoted fields, which the container does not read`);
  for (let from = 0; from < bytes.length; ) {
    const last =
      from + most >= bytes.length
        ? bytes.length
        : bytes.lastIndexOf(NEWLINE, Math.max(from, from + most - 1)) + 1;
    const next = bytes.indexOf(NEWLINE, from) + 1 || bytes.length;
    const end = Math.max(last, next);
    yield bytes.subarray(from, end);
    from = end;
  }
}

function rowOf(fields: readonly string[], columns: number, place: string): Float32Array {
  if (fields.length !== columns)
    throw new InvalidRequest(
      `${place}: ${fields.length} columns, the model has ${columns}. Does InputFilter leave the id out?`,
    );
  return Float32Array.from(fields, (field, column) => {
    if (field.trim() === '') return Number.NaN;
    const value = Number(field);
    if (Number.isFinite(value)) return value;
    throw new InvalidRequest(`${place}, column ${column}: ${JSON.stringify(field)} is no number`);
  });
}

/** Predictions as the container prints them: float32 of the margin through the link. */
function predictor(forest: Forest): (rows: readonly Float32Array[]) => Float32Array {
  const { margins } = compileForest(forest, { accumulate: 'float32' });
  const link = inverseLink(forest.objective);
  return (rows) => {
    const values = new Float32Array(rows.length * forest.featureCount);
    rows.forEach((row, at) => {
      values.set(row, at * forest.featureCount);
    });
    const out = new Float32Array(rows.length);
    margins(values, rows.length, out);
    return out.map((margin) => Math.fround(link(margin)));
  };
}
