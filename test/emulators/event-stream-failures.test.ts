import { expect, test } from 'vitest';
import { openEventStream } from '../../shared/aws/event-stream.ts';
import { failure, withStubService } from './stub-service.ts';

const kinesis = withStubService('KINESIS');
const entries = ['a', 'b', 'c'].map((data) => ({ partitionKey: 'visitor', data }));
const put = (signal?: AbortSignal) => openEventStream('raw').putRecords(entries, signal);

test('answers for each entry: null or its error code, without repeating by itself', async () => {
  kinesis.answer = () => ({
    body: {
      FailedRecordCount: 2,
      Records: [
        { SequenceNumber: '1', ShardId: 'shardId-000000000000' },
        { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'slow down' },
        { ErrorCode: 'InternalFailure', ErrorMessage: 'try again' },
      ],
    },
  });
  expect(await put()).toEqual([null, 'ProvisionedThroughputExceededException', 'InternalFailure']);
  expect(kinesis.requests).toHaveLength(1);
});

test('repeats a call that failed as a whole, at most three attempts', async () => {
  kinesis.answer = () => failure('InternalFailure', 500);
  await expect(put()).rejects.toMatchObject({
    name: 'StreamUnavailable',
    message: expect.stringContaining('PutRecords on raw'),
    cause: expect.any(Error),
  });
  expect(kinesis.requests).toHaveLength(3);
});

test('ends with the signal while the service stalls', async () => {
  const controller = new AbortController();
  kinesis.answer = () => {
    setImmediate(() => controller.abort());
    return 'stall';
  };
  await expect(put(controller.signal)).rejects.toMatchObject({ name: 'DeadlineExceeded' });
});
