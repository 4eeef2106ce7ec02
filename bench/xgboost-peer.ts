import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainingData } from '../shared/trees/train.ts';

/** What the real XGBoost made of a job. */
export interface PeerResult {
  readonly version: string;
  /** Of the rows to predict, in order. */
  readonly margins: Float32Array;
  /** CPU time of training, from float32 rows to the model; null where a model was given. */
  readonly cpuSeconds: number | null;
}

const ROOT = join(import.meta.dirname, '..');

/** Python with XGBoost, made by `.ci/python-environment trees`; null where it was not. */
export function peerPython(): string | null {
  const python = join(ROOT, '.venv', 'trees', 'bin', 'python');
  return existsSync(python) ? python : null;
}

/** Trains XGBoost on one thread with its own names of parameters, and asks it for margins. */
export function peerTrains(
  data: TrainingData,
  parameters: Readonly<Record<string, unknown>>,
  rounds: number,
  rows: TrainingData = data,
): PeerResult {
  return work(rows, { parameters, rounds }, (write) => {
    write('training.f32', rowMajor(data.columns));
    write('labels.f32', data.labels);
    write('weights.f32', data.weights ?? new Float32Array());
  });
}

/** Has XGBoost open a model file and predict margins. */
export function peerPredicts(model: string, rows: TrainingData): PeerResult {
  return work(rows, { parameters: null }, (write) => write('model.json', model));
}

function work(
  rows: TrainingData,
  job: object,
  prepare: (write: (name: string, content: string | Float32Array) => void) => void,
): PeerResult {
  const python = peerPython();
  if (python === null) throw new Error('no XGBoost here: run .ci/python-environment trees');
  const folder = mkdtempSync(join(tmpdir(), 'foresight-xgboost-'));
  try {
    const write = (name: string, content: string | Float32Array) =>
      writeFileSync(join(folder, name), content);
    const types = rows.columns.map((_, column) => (rows.categorical?.[column] ? 'c' : 'float'));
    write('job.json', JSON.stringify({ ...job, names: rows.featureNames, types }));
    write('rows.f32', rowMajor(rows.columns));
    prepare(write);
    const script = join(import.meta.dirname, 'xgboost-peer.py');
    const printed = execFileSync(python, ['-W', 'ignore', script, folder], { encoding: 'utf8' });
    const { buffer } = Uint8Array.from(readFileSync(join(folder, 'margins.f32')));
    return { ...JSON.parse(printed), margins: new Float32Array(buffer) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function rowMajor(columns: readonly Float32Array[]): Float32Array {
  const rows = columns[0]?.length ?? 0;
  const values = new Float32Array(rows * columns.length);
  columns.forEach((column, at) => {
    for (let row = 0; row < rows; row++) values[row * columns.length + at] = column[row] as number;
  });
  return values;
}
