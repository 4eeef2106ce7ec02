import { expect, test } from 'vitest';
import { openDeliveryStream } from '../../shared/aws/delivery-stream.ts';
import { failure, withStubService } from './stub-service.ts';

const firehose = withStubService('FIREHOSE');
const recordsOf = (body: unknown) => (body as { Records: { Data: string }[] }).Records;

test('answers for each record, across the calls that a large batch needs', async () => {
  firehose.answer = ({ body }, attempt) => ({
    body: {
      RequestResponses: recordsOf(body).map((_, index) =>
        attempt === 2 && index === 0
          ? { ErrorCode: 'ServiceUnavailableException' }
          : { RecordId: 'stored' },
      ),
    },
  });
  const records = Array.from({ length: 10 }, () => 'x'.repeat(900_000));
  const outcomes = await openDeliveryStream('bad-rows').putRecordBatch(records);
  expect(firehose.requests.map(({ body }) => recordsOf(body).length)).toEqual([4, 4, 2]);
  expect(outcomes).toHaveLength(10);
  expect(outcomes.indexOf('ServiceUnavailableException')).toBe(4);
  expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(9);
});

test('repeats a call that failed as a whole, at most three attempts', async () => {
  firehose.answer = () => failure('InternalFailure', 500);
  await expect(openDeliveryStream('bad-rows').putRecordBatch(['{}'])).rejects.toMatchObject({
    name: 'StreamUnavailable',
    message: expect.stringContaining('PutRecordBatch on bad-rows'),
    cause: expect.any(Error),
  });
  expect(firehose.requests).toHaveLength(3);
});
