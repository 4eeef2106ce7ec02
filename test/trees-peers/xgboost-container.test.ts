import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { peerPython } from '../../bench/xgboost-peer.ts';
import { marginsOf, requireParity } from '../../shared/domain/sagemaker/artifact-parity.ts';
import { toHyperparameters } from '../../shared/domain/sagemaker/hyperparameters.ts';
import { forestOfArtifact } from '../../shared/domain/sagemaker/model-artifact.ts';
import { requireReportedMetric } from '../../shared/domain/sagemaker/reported-metrics.ts';
import { writeCsvChannel } from '../../shared/domain/sagemaker/training-channel.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';
import {
  type TrainingData,
  type TrainingParameters,
  trainForest,
} from '../../shared/trees/train.ts';
import { writeXgboostContainer } from '../../shared/trees/write-xgboost-container.ts';
import { writeXgboostUbjson } from '../../shared/trees/write-xgboost-ubjson.ts';
import { trainingRows } from '../trees/training-rows.ts';

interface Report {
  readonly version: string;
  /** As XGBoost counts the channel's. */
  readonly columns: number;
  /** Of the last tree, rounded as the container prints them. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly trees: number;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foresight-container-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const weights = Float32Array.from({ length: 2_000 }, (_, row) => 1 / (1 + (row % 5)));

function plain(seed: number): TrainingData {
  const { categorical: _, ...rows } = trainingRows(2_000, { seed });
  return { ...rows, weights };
}
const train = plain(1);
const validation = plain(2);

/** Values from 1e-9 to 1e15 in size. */
function scattered(rows: number, columns: number): TrainingData {
  const random = seededRandom(5);
  const value = () => Math.fround((0.01 + random()) * 10 ** Math.round(random() * 22 - 7));
  return {
    columns: Array.from({ length: columns }, () => Float32Array.from({ length: rows }, value)),
    labels: Float32Array.from({ length: rows }, () => Math.round(random())),
    featureNames: Array.from({ length: columns }, (_, index) => `f${index}`),
  };
}

function rowMajor({ columns, labels }: TrainingData): Float32Array {
  const values = new Float32Array(columns.length * labels.length);
  columns.forEach((column, at) => {
    for (const [row, value] of column.entries()) values[row * columns.length + at] = value;
  });
  return values;
}

const floats = (name: string) =>
  new Float32Array(Uint8Array.from(readFileSync(join(folder, name))).buffer);

/** Runs the container's part on what lies in the folder. */
function container(hyperparameters: object, rows: TrainingData): Report {
  const python = peerPython();
  if (python === null) throw new Error('no XGBoost here: run .ci/python-environment trees');
  const job = { hyperparameters, columns: rows.columns.length };
  writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
  writeFileSync(join(folder, 'rows.f32'), rowMajor(rows));
  const script = join(import.meta.dirname, 'xgboost-container.py');
  return JSON.parse(execFileSync(python, ['-W', 'ignore', script, folder], { encoding: 'utf8' }));
}

function artifact(): Buffer {
  expect(existsSync(join(folder, 'xgboost-model'))).toBe(true);
  return execFileSync('tar', ['-czf', '-', '-C', folder, 'xgboost-model']);
}

describe('XGBoost trains on our channels by our hyperparameters; its artifact converts', () => {
  test.each<[string, TrainingParameters]>([
    ['logistic, monotone', { objective: 'binary:logistic', trees: 40, monotone: [1, -1, 0, 0, 0] }],
    [
      'squared error, leaf-wise',
      { objective: 'reg:squarederror', trees: 30, grow: 'leaf-wise', maxLeaves: 12, maxDepth: 9 },
    ],
    ['Tweedie', { objective: 'reg:tweedie', trees: 30, tweedieVariancePower: 1.3 }],
    [
      'Poisson, sampled',
      { objective: 'count:poisson', trees: 30, subsample: 0.7, columnSample: 0.6, seed: 4 },
    ],
    [
      'penalties, base margin',
      {
        objective: 'binary:logistic',
        trees: 20,
        lambda: 3,
        alpha: 0.5,
        gamma: 0.2,
        baseMargin: -1,
      },
    ],
  ])('%s: the same margins to the bit', (_, parameters) => {
    writeFileSync(join(folder, 'train'), writeCsvChannel(train));
    writeFileSync(join(folder, 'validation'), writeCsvChannel(validation));
    const report = container(toHyperparameters(parameters, true), validation);
    expect(report.columns).toBe(train.columns.length);
    const forest = forestOfArtifact(artifact(), train.columns.length);
    expect(marginsOf(forest, validation.columns)).toEqual(floats('margins.f32'));
    const predictions = readFileSync(join(folder, 'predictions'), 'utf8').trim().split('\n');
    requireParity(forest, validation.columns, predictions.map(Number));
    const metrics = Object.entries(report.metrics);
    expect(metrics.length).toBe(4);
    for (const [MetricName, Value] of metrics)
      requireReportedMetric(
        forest,
        MetricName.replace(/:.*/, ''),
        MetricName.startsWith('train') ? train : validation,
        { MetricName, Value },
      );
  });

  test('it stops early, keeps the best tree, and reports the last one', () => {
    writeFileSync(join(folder, 'train'), writeCsvChannel(train));
    writeFileSync(join(folder, 'validation'), writeCsvChannel(validation));
    const parameters = {
      objective: 'binary:logistic',
      trees: 400,
      earlyStoppingRounds: 5,
    } as const;
    const report = container(toHyperparameters(parameters, true), validation);
    expect(report.trees).toBeLessThan(100);
    const forest = forestOfArtifact(artifact(), train.columns.length);
    expect(marginsOf(forest, validation.columns)).toEqual(floats('margins.f32'));
    const MetricName = 'validation:logloss';
    const Value = report.metrics[MetricName] as number;
    expect(() =>
      requireReportedMetric(forest, 'validation', validation, { MetricName, Value }),
    ).toThrow(expect.objectContaining({ name: 'PredictionsDiffer' }));
  });
});

test('XGBoost reads every value of a channel to its bits, and what is missing as missing', () => {
  const rows = scattered(4_000, 3);
  (rows.columns[1] as Float32Array).fill(Number.NaN, 100, 900);
  writeFileSync(join(folder, 'train'), writeCsvChannel(rows));
  container(toHyperparameters({ objective: 'binary:logistic', trees: 1 }, false), rows);
  expect(floats('read.f32')).toEqual(rowMajor(rows));
});

test('the container opens a model of ours and predicts the same bits', async () => {
  const { forest } = await trainForest(train, { objective: 'binary:logistic', trees: 25 });
  const packed = join(folder, 'model.tar.gz');
  writeFileSync(packed, writeXgboostContainer(writeXgboostUbjson(forest)));
  execFileSync('tar', ['-xzf', packed, '-C', folder]);
  const report = container({}, validation);
  expect(report.trees).toBe(25);
  expect(floats('margins.f32')).toEqual(marginsOf(forest, validation.columns));
});

test('a model with categories too', async () => {
  const rows = trainingRows(2_000);
  const { forest } = await trainForest(rows, { objective: 'binary:logistic', trees: 10 });
  expect(forest.categorySets.length).toBeGreaterThan(0);
  writeFileSync(join(folder, 'xgboost-model'), writeXgboostUbjson(forest));
  container({}, rows);
  expect(floats('margins.f32')).toEqual(marginsOf(forest, rows.columns));
});
