import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { rocAuc } from '../shared/math/roc-auc.ts';
import { compileForest } from '../shared/trees/evaluate.ts';
import { type TrainingData, trainForest } from '../shared/trees/train.ts';
import type { Result, Row } from './report.ts';
import { interleaved } from './rounds.ts';
import { ratioOf, sampleOf } from './sample.ts';
import { clickstream, onlineShoppers, syntheticRows, trainAndTest } from './training-sets.ts';
import { peerPython, peerTrains } from './xgboost-peer.ts';

const ROWS = 200_000;
const COLUMNS = 25;
const DEPTH = 6;
const TREES = 200;
const ROUNDS = 3;
const SEEDS = [1, 2, 3, 4, 5];
const MEGABYTE = 1e6;

/** Training on one thread, beside XGBoost's histograms on one thread; each run a process of its own. */
export async function run(): Promise<readonly Result[]> {
  return [...(await speedAndMemory()), ...(await quality())];
}

async function speedAndMemory(): Promise<readonly Result[]> {
  const name = `train ${TREES} trees of depth ${DEPTH} on ${ROWS} rows × ${COLUMNS}`;
  const peaks: number[] = [];
  const ours = () => {
    const { cpuSeconds, peakMegabytes } = ownRun();
    peaks.push(peakMegabytes);
    return cpuSeconds;
  };
  const timed = peerPython() === null ? { ours } : { ours, theirs: peerRun() };
  const seconds: Partial<Record<string, number[]>> = await interleaved<string>(timed, {
    warmUp: 0,
    rounds: ROUNDS,
  });
  const own = seconds['ours'] as number[];
  const cpu: Row = { name, unit: 'CPU s', sample: sampleOf(own) };
  const ratio = `${name}: over XGBoost hist`;
  const memory: Row = {
    name: `${name}: peak of the process`,
    unit: 'MB',
    sample: sampleOf(peaks),
    target: { most: (4 * ROWS * COLUMNS) / MEGABYTE + 200 },
  };
  if (seconds['theirs'] === undefined) return [cpu, noPeer(ratio), memory];
  const ratios = ratioOf(own, seconds['theirs']);
  return [
    { ...cpu, against: { baseline: 'XGBoost hist, one thread', ratio: ratios } },
    { name: ratio, unit: '×', sample: ratios, target: { most: 1.3 } },
    memory,
  ];
}

function ownRun(): { cpuSeconds: number; peakMegabytes: number } {
  const script = join(import.meta.dirname, 'trees-train-process.ts');
  const shape = [ROWS, COLUMNS, DEPTH, TREES].map(String);
  return JSON.parse(execFileSync(process.execPath, [script, ...shape], { encoding: 'utf8' }));
}

function peerRun(): () => number {
  const data = syntheticRows(ROWS, COLUMNS, 1);
  const few = trainAndTest(syntheticRows(100, COLUMNS, 2), 1).test;
  const parameters = {
    objective: 'binary:logistic',
    tree_method: 'hist',
    eta: 0.1,
    max_depth: DEPTH,
  };
  return () => peerTrains(data, parameters, TREES, few).cpuSeconds as number;
}

/** AUC on a held-out quarter less XGBoost's, over seeds that draw the quarter. */
async function quality(): Promise<readonly Result[]> {
  const sets = {
    synthetic: syntheticRows(60_000, COLUMNS, 1),
    'online-shoppers-intention': onlineShoppers(),
    'clickstream-dmm': clickstream(),
  };
  const results: Result[] = [];
  for (const [set, data] of Object.entries(sets)) {
    const name = `AUC less XGBoost’s, ${set}: size of the mean difference of ${SEEDS.length} seeds`;
    if (data === null) results.push({ name, because: '../shared/data is not here' });
    else if (peerPython() === null) results.push(noPeer(name));
    else {
      const differences: number[] = [];
      for (const seed of SEEDS) differences.push(await aucDifference(data, seed));
      const mean = differences.reduce((sum, difference) => sum + difference, 0) / SEEDS.length;
      results.push({ name, unit: '', sample: sampleOf([Math.abs(mean)]), target: { most: 0.001 } });
    }
  }
  return results;
}

async function aucDifference(data: TrainingData, seed: number): Promise<number> {
  const { train, test } = trainAndTest(data, seed);
  const objective = 'binary:logistic';
  const { forest } = await trainForest(train, {
    objective,
    trees: 100,
    learningRate: 0.1,
    maxDepth: 5,
  });
  const peer = peerTrains(
    train,
    { objective, tree_method: 'hist', eta: 0.1, max_depth: 5 },
    100,
    test,
  );
  const { margin } = compileForest(forest, { accumulate: 'float32' });
  const own = test.labels.map((_, row) =>
    margin(Float32Array.from(test.columns, (column) => column[row] as number)),
  );
  return (rocAuc(own, test.labels) as number) - (rocAuc(peer.margins, test.labels) as number);
}

function noPeer(name: string): Result {
  return { name, because: 'no XGBoost here: .ci/python-environment trees' };
}
