import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createModel } from '../../local/machines/sagemaker-model.ts';
import { createTransformJob } from '../../local/machines/sagemaker-transform.ts';
import { predictionsOf } from '../../shared/domain/sagemaker/artifact-parity.ts';
import { decimalText } from '../../shared/domain/sagemaker/decimal-text.ts';
import { hostedModelRequest } from '../../shared/domain/sagemaker/hosted-model.ts';
import { recordFilter } from '../../shared/domain/sagemaker/record-filter.ts';
import {
  type TransformJobRequest,
  transformJobRequest,
} from '../../shared/domain/sagemaker/transform-job.ts';
import { trainForest } from '../../shared/trees/train.ts';
import { writeXgboostContainer } from '../../shared/trees/write-xgboost-container.ts';
import { writeXgboostUbjson } from '../../shared/trees/write-xgboost-ubjson.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { trainingRows } from '../trees/training-rows.ts';
import { get, NEVER, PLACEMENT, put, refusal } from './stand-in.ts';

freshDataDirectory();

const { categorical: _, ...rows } = trainingRows(500);
const { forest } = await trainForest(rows, { objective: 'binary:logistic', trees: 12 });
const predictions = predictionsOf(forest, rows.columns);
const INPUT = 's3://LakeBucket/gold/clv/input/';
const OUTPUT = 's3://LakeBucket/gold/clv/output';

/** Records of some rows, an id first. */
function records(from: number, to: number): string {
  let text = '';
  for (let row = from; row < to; row++) {
    const fields = rows.columns.map((column) => {
      const value = column[row] as number;
      return Number.isNaN(value) ? '' : decimalText(value);
    });
    text += `${[`customer-${row}`, ...fields].join(',')}\n`;
  }
  return text;
}

const scored = (from: number, to: number) =>
  Array.from(
    { length: to - from },
    (_, at) => `customer-${from + at},${predictions[from + at]}\n`,
  ).join('');

async function model(): Promise<void> {
  const artifact = 's3://ModelsBucket/jobs/clv/output/model.tar.gz';
  await put(artifact, writeXgboostContainer(writeXgboostUbjson(forest)));
  await createModel(hostedModelRequest('clv', artifact, PLACEMENT), NEVER);
}

function request(name: string, changes: Partial<TransformJobRequest> = {}): TransformJobRequest {
  const placement = {
    instanceType: 'ml.m5.xlarge',
    instanceCount: 1,
    concurrency: 1,
    payloadMegabytes: 1,
  };
  const places = { input: `${INPUT}${name}/`, output: `${OUTPUT}/${name}/` };
  return { ...transformJobRequest(name, 'clv', places, placement), ...changes };
}

const run = (input: unknown) => createTransformJob(input, NEVER);
const text = async (uri: string) => (await get(uri)).toString();

test('ids are joined back to predictions, one .out for each file, folders kept', async () => {
  await model();
  await put(`${INPUT}joined/part-0.csv`, records(0, 300));
  await put(`${INPUT}joined/more/part-1.csv`, records(300, 500).trimEnd());
  expect(await run(request('joined'))).toMatchObject({
    TransformJobName: 'joined',
    TransformJobStatus: 'Completed',
    TransformJobArn: expect.stringContaining(':transform-job/joined'),
  });
  expect(await text(`${OUTPUT}/joined/part-0.csv.out`)).toBe(scored(0, 300));
  expect(await text(`${OUTPUT}/joined/more/part-1.csv.out`)).toBe(scored(300, 500));
});

test('a file of many payloads, a file in one, and record by record: the same lines', async () => {
  await model();
  const many = Array.from({ length: 90 }, () => records(0, 500)).join('');
  expect(many.length).toBeGreaterThan(2 * 2 ** 20);
  await put(`${INPUT}payloads/rows.csv`, many);
  await put(`${INPUT}single/rows.csv`, records(0, 500));
  await run(request('payloads'));
  await run(request('single', { BatchStrategy: 'SingleRecord' }));
  expect(await text(`${OUTPUT}/payloads/rows.csv.out`)).toBe(scored(0, 500).repeat(90));
  expect(await text(`${OUTPUT}/single/rows.csv.out`)).toBe(scored(0, 500));
});

test('without a join the output is the predictions; filters choose', async () => {
  await model();
  await put(`${INPUT}alone/rows.csv`, records(0, 3));
  await run(request('alone', { DataProcessing: { InputFilter: '$[1:]' } }));
  expect(await text(`${OUTPUT}/alone/rows.csv.out`)).toBe(
    Array.from(predictions.subarray(0, 3), (value) => `${value}\n`).join(''),
  );
});

test('the same request is the same job; another under its name is refused', async () => {
  await model();
  await put(`${INPUT}once/rows.csv`, records(0, 3));
  const first = await run(request('once'));
  expect(await run(request('once'))).toEqual(first);
  expect((await refusal(run(request('once', { MaxPayloadInMB: 2 })))).name).toBe(
    'SageMaker.ResourceInUseException',
  );
});

describe('a job fails and says why', () => {
  test.each<[string, string, Partial<TransformJobRequest>, RegExp]>([
    [
      'the id left in',
      records(0, 9),
      { DataProcessing: { InputFilter: '$' } },
      /line 1: 6 columns, the model has 5/,
    ],
    ['text', `${records(0, 9)}customer-9,a,b,c,d,e\n`, {}, /line 10, column 0: "a" is no number/],
    ['a record too short', `${records(0, 9)}customer-9,1\n`, {}, /line 10: 1 columns/],
    ['an empty file', '', {}, /is empty/],
    ['quotes', '"customer, 1",1,1,1,1,1\n', {}, /quoted/],
    [
      'a line longer than a payload',
      `${'x'.repeat(2 ** 21)},1,1,1,1,1\n`,
      {},
      /longer than MaxPayloadInMB 1/,
    ],
    [
      'a filter of another language',
      records(0, 9),
      { DataProcessing: { InputFilter: "$['id']" } },
      /chooses no fields/,
    ],
  ])('%s', async (title, content, changes, reason) => {
    await model();
    const name = title.replaceAll(' ', '-');
    await put(`${INPUT}${name}/rows.csv`, content);
    const failure = await refusal(run(request(name, changes)));
    expect(failure.name).toBe('States.TaskFailed');
    const { TransformJobStatus, FailureReason } = JSON.parse(failure.message);
    expect(TransformJobStatus).toBe('Failed');
    expect(FailureReason).toMatch(reason);
    await expect(get(`${OUTPUT}/${name}/rows.csv.out`)).rejects.toThrow('no object');
  });

  test('no input', async () => {
    await model();
    const failure = await refusal(run(request('no-input')));
    expect(JSON.parse(failure.message).FailureReason).toMatch(/no object below/);
  });

  test('an artifact that is gone or malformed', async () => {
    await put(`${INPUT}artifact/rows.csv`, records(0, 3));
    for (const [name, reason] of [
      ['gone', /no model data at/],
      ['malformed', /not a model file/],
    ] as const) {
      const artifact = `s3://ModelsBucket/${name}.tar.gz`;
      if (name === 'malformed') await put(artifact, 'no gzip');
      await createModel(hostedModelRequest(name, artifact, PLACEMENT), NEVER);
      const failure = await refusal(run({ ...request(`artifact-${name}`), ModelName: name }));
      expect(JSON.parse(failure.message).FailureReason).toMatch(reason);
    }
  });
});

test.each<[string, Partial<TransformJobRequest>]>([
  ['no such model', { ModelName: 'nobody' }],
  ['more than 100 MB at once', { MaxConcurrentTransforms: 20, MaxPayloadInMB: 6 }],
])('the service’s validation: %s', async (_, changes) => {
  await model();
  expect(await refusal(run(request('invalid', changes)))).toMatchObject({
    name: 'SageMaker.AmazonSageMakerException',
  });
});

test.each([
  ['$', 'a,b,c,d'],
  ['$[1:]', 'b,c,d'],
  ['$[0]', 'a'],
  ['$[-1]', 'd'],
  ['$[0,-1]', 'a,d'],
  ['$[:-1]', 'a,b,c'],
  ['$[0, 2:]', 'a,c,d'],
  ['$[9]', ''],
])('filter %s', (path, chosen) => {
  expect(recordFilter(path)(['a', 'b', 'c', 'd']).join()).toBe(chosen);
});

test('a slice and its complement are the record', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.integer({ min: 0, max: 9 }), (fields, at) => {
      const both = [...recordFilter(`$[:${at}]`)(fields), ...recordFilter(`$[${at}:]`)(fields)];
      expect(both).toEqual(fields);
    }),
  );
});
