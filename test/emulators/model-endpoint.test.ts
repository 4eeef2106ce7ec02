import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { expect, test } from 'vitest';
import { openModelEndpoint } from '../../shared/aws/model-endpoint.ts';
import { sigmoid } from '../../shared/math/sigmoid.ts';
import { modelEndpointContract } from '../contracts/model-endpoint.ts';
import { isSigned } from './signature.ts';
import { type StubAnswer, type StubRequest, withStubService } from './stub-service.ts';

const runtime = withStubService('SAGEMAKER_RUNTIME');
const VERSION = '2026-11-21-0123456789ab';
const COLUMNS = 3;

const mean = (values: readonly number[]) => {
  const present = values.filter((value) => !Number.isNaN(value));
  return present.reduce((sum, value) => sum + value, 0) / Math.max(1, present.length);
};
const answerTo = (values: readonly number[]) => Math.fround(sigmoid(Math.tanh(mean(values))));

const error = (status: number, type: string, message: string): StubAnswer => ({
  status,
  headers: { 'x-amzn-errortype': type },
  body: { Message: message },
});

/** Answers as InvokeEndpoint of the built-in XGBoost container is documented to. */
function container({ method, url, scope, headers, text }: StubRequest): StubAnswer {
  if (method !== 'POST' || url !== '/endpoints/foresight-dev-propensity/invocations')
    return error(400, 'ValidationError', 'Endpoint not found');
  if (scope !== 'us-east-1/sagemaker') return error(403, 'AccessDeniedException', scope);
  const variant = headers['x-amzn-sagemaker-target-variant'];
  if (variant !== VERSION) return error(400, 'ValidationError', `Variant ${variant} not found`);
  if (headers['content-type'] !== 'text/csv') return error(415, 'ModelError', 'no CSV');
  const rows = text.split('\n').map((line) => line.split(','));
  if (rows.some((row) => row.length !== COLUMNS))
    return error(424, 'ModelError', 'feature_names mismatch');
  const answers = rows.map((row) =>
    answerTo(row.map((field) => (field === '' ? Number.NaN : Math.fround(Number(field))))),
  );
  return { headers: { 'content-type': 'text/csv; charset=utf-8' }, body: answers.join(',') };
}

const endpoint = () => openModelEndpoint('foresight-dev-propensity');
const predict = (rows = 1, signal?: AbortSignal) =>
  endpoint().predict(
    VERSION,
    Array.from({ length: rows }, () => new Float32Array(COLUMNS)),
    signal,
  );
const csv = (body: string): StubAnswer => ({ headers: { 'content-type': 'text/csv' }, body });

modelEndpointContract(() => {
  runtime.answer = container;
  return {
    endpoint: endpoint(),
    version: VERSION,
    columns: COLUMNS,
    expected: (row) => answerTo([...row]),
  };
});

test('is signed as AWS verifies it, its body included', async () => {
  runtime.answer = container;
  await predict(2);
  const [request] = runtime.requests as [StubRequest];
  expect(isSigned(request, 'secret')).toBe(true);
  expect(isSigned({ ...request, text: `${request.text}0` }, 'secret')).toBe(false);
  expect(isSigned(request, 'another')).toBe(false);
});

test('asks for what the client of the SDK asks for', async () => {
  runtime.answer = container;
  await predict(2);
  await new SageMakerRuntimeClient({}).send(
    new InvokeEndpointCommand({
      EndpointName: 'foresight-dev-propensity',
      TargetVariant: VERSION,
      ContentType: 'text/csv',
      Accept: 'text/csv',
      Body: '0,0,0\n0,0,0',
    }),
  );
  const [ours, theirs] = runtime.requests.map(({ method, url, scope, headers, text }) => {
    const { 'content-type': type, accept, 'x-amzn-sagemaker-target-variant': variant } = headers;
    return { method, url, scope, type, accept, variant, text };
  });
  expect(ours).toEqual(theirs);
});

test.each([
  ['lines', '0.25\n0.5\n'],
  ['commas', '0.25,0.5'],
  ['commas and spaces', '0.25, 0.5'],
])('takes answers separated by %s', async (_case, body) => {
  runtime.answer = () => csv(body);
  expect(await predict(2)).toEqual([0.25, 0.5]);
});

test.each([
  ['too few numbers', '0.5'],
  ['too many numbers', '0.5,0.5,0.5'],
  ['nothing', ''],
  ['an empty field', '0.5,'],
  ['words', 'one,two'],
  ['no finite number', '0.5,nan'],
  ['infinity', '0.5,Infinity'],
  ['JSON', '{"predictions":[{"score":0.5},{"score":0.5}]}'],
])('rejects an answer of %s, saying what it was', async (_case, body) => {
  runtime.answer = () => csv(body);
  await expect(predict(2)).rejects.toMatchObject({
    name: 'MalformedPrediction',
    message: expect.stringContaining(JSON.stringify(body)),
  });
});

test.each<[string, StubAnswer, string]>([
  ['the container fails', error(424, 'ModelError', 'bad input'), 'EndpointModelFailed'],
  ['it is throttled', error(429, 'ThrottlingException', 'slow'), 'EndpointThrottled'],
  ['it is throttled as of old', error(400, 'ThrottlingException:', 'slow'), 'EndpointThrottled'],
  ['it is not there', error(400, 'ValidationError', 'not found'), 'EndpointUnavailable'],
  ['it is not allowed', error(403, 'AccessDeniedException', 'no'), 'EndpointUnavailable'],
])('does not ask again when %s', async (_case, answer, name) => {
  runtime.answer = () => answer;
  await expect(predict()).rejects.toMatchObject({
    name,
    message: expect.stringContaining(VERSION),
  });
  expect(runtime.requests).toHaveLength(1);
});

test.each<[string, StubAnswer]>([
  ['a server error', error(500, 'InternalFailure', 'oh')],
  ['no capacity', error(503, 'ServiceUnavailable', 'later')],
  ['a broken connection', 'drop'],
])('asks once more after %s', async (_case, answer) => {
  runtime.answer = (_request, attempt) => (attempt === 1 ? answer : csv('0.5'));
  expect(await predict()).toEqual([0.5]);
  runtime.answer = () => answer;
  runtime.requests.length = 0;
  await expect(predict()).rejects.toMatchObject({ name: 'EndpointUnavailable' });
  expect(runtime.requests).toHaveLength(2);
});

test('ends with the signal while the endpoint stalls', async () => {
  const controller = new AbortController();
  runtime.answer = () => {
    setImmediate(() => controller.abort());
    return 'stall';
  };
  await expect(predict(1, controller.signal)).rejects.toMatchObject({ name: 'DeadlineExceeded' });
  expect(runtime.requests).toHaveLength(1);
});
