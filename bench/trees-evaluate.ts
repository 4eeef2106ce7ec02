import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readCompact, writeCompact } from '../shared/trees/compact-forest.ts';
import { compileForest } from '../shared/trees/evaluate.ts';
import type { Forest } from '../shared/trees/forest.ts';
import { trainForest } from '../shared/trees/train.ts';
import { writeXgboostJson } from '../shared/trees/write-xgboost-json.ts';
import { openOnnx } from './onnx-peer.ts';
import type { Result, Row } from './report.ts';
import { cpuMicroseconds, interleaved, type Task } from './rounds.ts';
import { ratioOf, sampleOf } from './sample.ts';
import { syntheticRows } from './training-sets.ts';
import { peerPython } from './xgboost-peer.ts';

const COLUMNS = 25;
const TRAINING_ROWS = 50_000;
const ROWS = 20_000;
const SINGLE_ROWS = 2_000;
const PEER_SINGLE_ROWS = 300;
const ROUNDS = { warmUp: 3, rounds: 11 };

/** All figures are CPU time, one thread; peers take turns with ours. */
export async function run(): Promise<readonly Result[]> {
  const training = syntheticRows(TRAINING_ROWS, COLUMNS, 1);
  const { forest } = await trainForest(training, {
    objective: 'binary:logistic',
    trees: 200,
    learningRate: 0.1,
    maxDepth: 6,
  });
  const rows = rowMajor(syntheticRows(ROWS, COLUMNS, 2).columns);
  const xgboost = peerPython() === null ? null : await openXgboost(forest, rows);
  try {
    return await compare(forest, rows, xgboost, await openOnnx(forest));
  } finally {
    xgboost?.close();
  }
}

async function compare(
  forest: Forest,
  rows: Float32Array,
  xgboost: Awaited<ReturnType<typeof openXgboost>> | null,
  onnx: Awaited<ReturnType<typeof openOnnx>>,
): Promise<readonly Result[]> {
  const compact = writeCompact(forest);
  const wasm = compileForest(forest);
  const plain = compileForest(forest, { kernel: 'typed-array' });
  const out = new Float32Array(ROWS);
  const each = Array.from({ length: SINGLE_ROWS }, (_, row) =>
    rows.subarray(row * COLUMNS, (row + 1) * COLUMNS),
  );
  wasm.margins(rows, ROWS, out);
  xgboost?.check(out);
  let sink = 0;
  const single = (margin: (row: Float32Array) => number) => async () =>
    (await cpuMicroseconds(() => {
      for (const row of each) sink += margin(row);
    })) / SINGLE_ROWS;
  const tasks: Record<string, Task> = {
    load: () => timed(() => void compileForest(readCompact(compact))),
    row: single(wasm.margin),
    plainRow: single(plain.margin),
    batch: async () => (await cpuMicroseconds(() => wasm.margins(rows, ROWS, out))) / ROWS,
    ...(xgboost === null
      ? {}
      : {
          xgboostRow: () => xgboost.microseconds(1, PEER_SINGLE_ROWS),
          xgboostBatch: () => xgboost.microseconds(ROWS, 1),
        }),
    ...(onnx === null
      ? {}
      : {
          onnxRow: async () =>
            (await cpuMicroseconds(async () => {
              for (const row of each.slice(0, PEER_SINGLE_ROWS)) await onnx(row, 1);
            })) / PEER_SINGLE_ROWS,
          onnxBatch: async () =>
            (await cpuMicroseconds(async () => void (await onnx(rows, ROWS)))) / ROWS,
        }),
  };
  const measured = await interleaved(tasks, ROUNDS);
  if (Number.isNaN(sink)) throw new Error('a margin is NaN');
  const figures = (task: string) => measured[task] as number[];
  const speedup = (peer: string, task: string, ours: string, least: number): Result =>
    measured[task] === undefined
      ? { name: `${peer} over ours`, because: `no ${peer} here` }
      : {
          name: `${peer} (${sampleOf(figures(task)).median.toFixed(1)} µs a row) over ours, ${ours}`,
          unit: '×',
          sample: ratioOf(figures(task), figures(ours)),
          target: { least },
        };
  const peer = xgboost === null ? 'XGBoost' : `XGBoost ${xgboost.version}'s C API`;
  return [
    row(`one row, 200 × depth 6 × ${COLUMNS} (${wasm.kernel})`, 'µs', figures('row'), { most: 4 }),
    row('one row (typed-array)', 'µs', figures('plainRow')),
    row(
      `batch of ${ROWS} (${wasm.kernel})`,
      'rows/s',
      figures('batch').map((us) => 1e6 / us),
      {
        least: 500_000,
      },
    ),
    row('load: compact form to the first evaluator', 'ms', figures('load'), { most: 5 }),
    speedup(peer, 'xgboostBatch', 'batch', 3),
    speedup(peer, 'xgboostRow', 'row', 3),
    speedup('onnxruntime-node', 'onnxBatch', 'batch', 5),
    speedup('onnxruntime-node', 'onnxRow', 'row', 5),
  ];
}

function row(name: string, unit: string, figures: readonly number[], target?: Row['target']): Row {
  return { name, unit, sample: sampleOf(figures), ...(target === undefined ? {} : { target }) };
}

/** CPU milliseconds. */
async function timed(work: () => void): Promise<number> {
  return (await cpuMicroseconds(work)) / 1_000;
}

/** XGBoost in a process of its own. */
async function openXgboost(forest: Forest, rows: Float32Array) {
  const folder = mkdtempSync(join(tmpdir(), 'foresight-predict-'));
  writeFileSync(join(folder, 'model.json'), writeXgboostJson(forest));
  writeFileSync(join(folder, 'rows.f32'), rows);
  const script = join(import.meta.dirname, 'xgboost-predict-peer.py');
  const child = spawn(peerPython() as string, ['-W', 'ignore', script, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const version = (await lines.next()).value as string;
  let sum = 0;
  async function microseconds(count: number, calls: number): Promise<number> {
    child.stdin.write(`${count} ${calls}\n`);
    const [seconds, margins] = ((await lines.next()).value as string).split(' ').map(Number);
    sum = margins as number;
    return ((seconds as number) * 1e6) / (count * calls);
  }
  await microseconds(ROWS, 1);
  return {
    version,
    microseconds,
    /** The same work is done: the margins of all rows have the same sum. */
    check(margins: Float32Array) {
      const ours = margins.reduce((total, margin) => total + margin, 0);
      if (Math.abs(ours - sum) > 1e-6 * margins.length)
        throw new Error(`the margins sum to ${ours}, XGBoost's to ${sum}`);
    },
    close() {
      child.stdin.end();
      rmSync(folder, { recursive: true });
    },
  };
}

function rowMajor(columns: readonly Float32Array[]): Float32Array {
  return Float32Array.from(
    { length: ROWS * COLUMNS },
    (_, cell) => columns[cell % COLUMNS]?.[Math.floor(cell / COLUMNS)] as number,
  );
}
