import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Forest } from '../shared/trees/forest.ts';
import { trainForest } from '../shared/trees/train.ts';
import { compileExplainer } from '../shared/trees/tree-shap.ts';
import { writeXgboostJson } from '../shared/trees/write-xgboost-json.ts';
import type { Result } from './report.ts';
import { interleaved, type Task } from './rounds.ts';
import { ratioOf, sampleOf } from './sample.ts';
import { syntheticRows } from './training-sets.ts';
import { peerPython } from './xgboost-peer.ts';

const COLUMNS = 25;
const TRAINING_ROWS = 50_000;
const ROWS = 500;
/** XGBoost takes over 2 ms a row. */
const PEER_ROWS = 100;
const ROUNDS = { warmUp: 2, rounds: 10 };

export async function run(): Promise<readonly Result[]> {
  const training = syntheticRows(TRAINING_ROWS, COLUMNS, 1);
  const parameters = { objective: 'binary:logistic', trees: 200, learningRate: 0.1 } as const;
  const shallow = (await trainForest(training, { ...parameters, maxDepth: 6 })).forest;
  const deep = (
    await trainForest(training, {
      ...parameters,
      grow: 'leaf-wise',
      maxDepth: 62,
      maxLeaves: 64,
    })
  ).forest;
  const rows = rowMajor(syntheticRows(ROWS, COLUMNS, 2).columns);
  const peer = peerPython() === null ? null : await openPeer(shallow, rows);
  try {
    const tasks: Record<string, Task> = {
      row: rowTask(shallow, rows),
      batch: batchTask(shallow, rows, 'simd'),
      scalar: batchTask(shallow, rows, 'scalar'),
      deep: batchTask(deep, rows, 'simd'),
      ...(peer === null ? {} : { peer: peer.round }),
    };
    const measured = await interleaved(tasks, ROUNDS);
    const us = (name: string, task: string) => ({
      name,
      unit: 'µs a row',
      sample: sampleOf(measured[task] as number[]),
    });
    const { points } = compileExplainer(deep);
    return [
      { ...us('200 × depth 6, 25 features, one row at a time', 'row'), target: { most: 350 } },
      us('the same, in batches', 'batch'),
      us('the same, without WebAssembly', 'scalar'),
      us(`200 leaf-wise trees of 64 leaves, ${points} points of quadrature`, 'deep'),
      peer === null
        ? {
            name: "XGBoost's pred_contribs over ours",
            because: 'no XGBoost: .ci/python-environment trees',
          }
        : {
            name: `XGBoost ${peer.version}'s pred_contribs over ours, one thread`,
            unit: '×',
            sample: ratioOf(measured['peer'] as number[], measured['row'] as number[]),
            target: { least: 5 },
          },
    ];
  } finally {
    peer?.close();
  }
}

function rowTask(forest: Forest, rows: Float64Array): Task {
  const explainer = compileExplainer(forest);
  const out = new Float64Array(COLUMNS);
  const each = Array.from({ length: ROWS }, (_, row) =>
    rows.subarray(row * COLUMNS, (row + 1) * COLUMNS),
  );
  return () =>
    microsecondsARow(() => {
      for (const row of each) explainer.contributions(row, out);
    });
}

function batchTask(forest: Forest, rows: Float64Array, kernel: 'simd' | 'scalar'): Task {
  const explainer = compileExplainer(forest, kernel);
  const out = new Float64Array(ROWS * COLUMNS);
  return () => microsecondsARow(() => explainer.batch(rows, ROWS, out));
}

/** CPU time: what else the machine does does not count. */
function microsecondsARow(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / ROWS;
}

/** XGBoost in a process of its own, which explains the same rows once a round. */
async function openPeer(forest: Forest, rows: Float64Array) {
  const folder = mkdtempSync(join(tmpdir(), 'foresight-shap-'));
  writeFileSync(join(folder, 'model.json'), writeXgboostJson(forest));
  writeFileSync(join(folder, 'rows.f32'), Float32Array.from(rows.subarray(0, PEER_ROWS * COLUMNS)));
  const script = join(import.meta.dirname, 'xgboost-shap-peer.py');
  const child: ChildProcess = spawn(peerPython() as string, ['-W', 'ignore', script, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[
    Symbol.asyncIterator
  ]();
  const answer = async () => (await lines.next()).value as string;
  return {
    version: await answer(),
    /** CPU microseconds a row. */
    async round() {
      child.stdin?.write('\n');
      return (Number(await answer()) * 1e6) / PEER_ROWS;
    },
    close() {
      child.stdin?.end();
      rmSync(folder, { recursive: true });
    },
  };
}

function rowMajor(columns: readonly Float32Array[]): Float64Array {
  return Float64Array.from(
    { length: ROWS * COLUMNS },
    (_, cell) => columns[cell % COLUMNS]?.[Math.floor(cell / COLUMNS)] as number,
  );
}
