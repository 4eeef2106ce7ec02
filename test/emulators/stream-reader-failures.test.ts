import { expect, test } from 'vitest';
import { openStreamReader } from '../../shared/aws/stream-reader.ts';
import { failure, type StubAnswer, type StubRequest, withStubService } from './stub-service.ts';

const kinesis = withStubService('KINESIS');
const SHARD = 'shardId-000000000000';

/** Calls by name with what each asks for, in order. */
const calls = () =>
  kinesis.requests.map(({ target, body }) => [target.replace('Kinesis_20131202.', ''), body]);

async function readAll(from: string | null = '10'): Promise<string[]> {
  const data: string[] = [];
  for await (const record of openStreamReader('raw').read(SHARD, from)) data.push(record.data);
  return data;
}

const records = (...numbers: readonly number[]) =>
  numbers.map((number) => ({
    SequenceNumber: String(number),
    PartitionKey: 'a',
    Data: Buffer.from(String(number)).toString('base64'),
    ApproximateArrivalTimestamp: 1_795_000_000,
  }));

/** Answers iterators by their position, and each GetRecords with the next of these. */
function answering(...pages: readonly StubAnswer[]) {
  let page = 0;
  kinesis.answer = ({ target, body }: StubRequest) => {
    if (target.endsWith('GetRecords')) return pages[page++] ?? failure('NoMorePages', 400);
    const { ShardIteratorType, StartingSequenceNumber } = body as Record<string, string>;
    return { body: { ShardIterator: `${ShardIteratorType} ${StartingSequenceNumber}` } };
  };
}

const page = (numbers: readonly number[], next: string | null, behind = 0): StubAnswer => ({
  body: {
    Records: records(...numbers),
    ...(next === null ? {} : { NextShardIterator: next }),
    MillisBehindLatest: behind,
  },
});

test('goes on after the last record it had where an iterator has expired', async () => {
  answering(
    page([10, 11], 'second', 1000),
    failure('ExpiredIteratorException'),
    page([12], 'third', 0),
    page([], 'fourth', 0),
  );
  expect(await readAll()).toEqual(['10', '11', '12']);
  expect(
    calls()
      .filter(([name]) => name === 'GetShardIterator')
      .map(([, body]) => body),
  ).toEqual([
    expect.objectContaining({
      ShardIteratorType: 'AT_SEQUENCE_NUMBER',
      StartingSequenceNumber: '10',
    }),
    expect.objectContaining({
      ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
      StartingSequenceNumber: '11',
    }),
  ]);
});

test('begins anew where the first iterator has expired before it was used', async () => {
  answering(failure('ExpiredIteratorException'), page([10], 'next', 0), page([], 'next', 0));
  expect(await readAll()).toEqual(['10']);
});

test('an empty answer is not the end while there is more behind it', async () => {
  answering(page([], 'a', 60_000), page([], 'b', 1), page([10], 'c', 0), page([], 'd', 0));
  expect(await readAll()).toEqual(['10']);
});

test('ends with a shard that was closed', async () => {
  answering(page([10], null, 0));
  expect(await readAll(null)).toEqual(['10']);
  expect(calls()[0]?.[1]).toMatchObject({ ShardIteratorType: 'TRIM_HORIZON' });
});

test('waits while it is throttled', async () => {
  answering(
    failure('ProvisionedThroughputExceededException'),
    failure('ProvisionedThroughputExceededException'),
    page([10], 'next', 0),
    page([], 'next', 0),
  );
  expect(await readAll()).toEqual(['10']);
});

test('lists all pages of shards', async () => {
  kinesis.answer = ({ body }) => {
    const { NextToken } = body as { NextToken?: string };
    return NextToken === undefined
      ? { body: { Shards: [{ ShardId: 's0' }, { ShardId: 's1' }], NextToken: 'more' } }
      : { body: { Shards: [{ ShardId: 's2' }] } };
  };
  expect(await openStreamReader('raw').shards()).toEqual(['s0', 's1', 's2']);
  // Kinesis refuses a name beside a token.
  expect(calls().map(([, body]) => body)).toEqual([{ StreamName: 'raw' }, { NextToken: 'more' }]);
});
