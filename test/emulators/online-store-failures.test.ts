import { expect, test } from 'vitest';
import { openOnlineStore } from '../../shared/aws/online-store.ts';
import { failure, withStubService } from './stub-service.ts';

const dynamodb = withStubService('DYNAMODB');
const store = () => openOnlineStore('online');

interface BatchGetItem {
  RequestItems: { online: { Keys: { k: { S: string } }[]; ConsistentRead: boolean } };
}
interface PutItem {
  Item: Record<string, unknown> & { w: { B: string } };
}

const keysOf = (body: unknown) => (body as BatchGetItem).RequestItems.online.Keys;
const stored = ({ k }: { k: { S: string } }) => ({ k, v: { N: '1' }, s: { S: '{}' } });

test('reads unprocessed keys again, and only those', async () => {
  dynamodb.answer = ({ body }, attempt) => {
    const [first, ...rest] = keysOf(body);
    const processed = attempt < 3 && first ? [first] : keysOf(body);
    return {
      body: {
        Responses: { online: processed.map(stored) },
        UnprocessedKeys: attempt < 3 ? { online: { Keys: rest } } : {},
      },
    };
  };
  const read = await store().read(['a', 'b', 'c', 'd']);
  expect([...read.keys()]).toEqual(['a', 'b', 'c', 'd']);
  expect(dynamodb.requests.map(({ body }) => keysOf(body).length)).toEqual([4, 3, 2]);
});

test('gives up on keys that stay unprocessed, and says how many', async () => {
  dynamodb.answer = ({ body }) => ({
    body: { Responses: { online: [] }, UnprocessedKeys: (body as BatchGetItem).RequestItems },
  });
  await expect(store().read(['a', 'b'])).rejects.toMatchObject({
    name: 'StoreUnavailable',
    message: expect.stringContaining('2 of 2 keys'),
  });
  expect(dynamodb.requests).toHaveLength(5);
});

test.each([
  ['a server error', failure('InternalServerError', 500)],
  ['throttling', failure('ThrottlingException')],
  ['a broken connection', 'drop' as const],
])('repeats a read after %s, at most three attempts', async (_case, answer) => {
  dynamodb.answer = () => answer;
  const outcome = store().read(['a']);
  await expect(outcome).rejects.toMatchObject({
    name: 'StoreUnavailable',
    message: expect.stringContaining('BatchGetItem on online'),
    cause: expect.any(Error),
  });
  expect(dynamodb.requests).toHaveLength(3);
});

test.each(['AccessDeniedException', 'ResourceNotFoundException', 'ValidationException'])(
  'does not repeat what cannot succeed: %s',
  async (type) => {
    dynamodb.answer = () => failure(type);
    await expect(store().read(['a'])).rejects.toMatchObject({
      name: 'StoreUnavailable',
      cause: { name: type },
    });
    expect(dynamodb.requests).toHaveLength(1);
  },
);

test.each([
  ['the service stalls', 'stall' as const],
  ['it waits to repeat a throttled read', failure('ThrottlingException')],
])('ends with the signal while %s', async (_case, answer) => {
  const controller = new AbortController();
  dynamodb.answer = () => {
    setImmediate(() => controller.abort());
    return answer;
  };
  await expect(store().read(['a'], { signal: controller.signal })).rejects.toMatchObject({
    name: 'DeadlineExceeded',
    cause: expect.any(Error),
  });
});

test('repeats an attempt that stalls beyond its limit', async () => {
  dynamodb.answer = ({ body }, attempt) =>
    attempt === 1 ? 'stall' : { body: { Responses: { online: keysOf(body).map(stored) } } };
  expect((await store().read(['a'])).size).toBe(1);
  expect(dynamodb.requests).toHaveLength(2);
});

test('a put whose first answer was lost finds itself written', async () => {
  dynamodb.answer = ({ body }, attempt) =>
    attempt === 1
      ? 'drop'
      : failure('ConditionalCheckFailedException', 400, { Item: (body as PutItem).Item });
  expect(await store().write({ key: 'a', version: 2, state: '{}' })).toBe('written');
  expect(dynamodb.requests).toHaveLength(2);
});

test('a put that meets an equal item of another writer is a conflict, not repeated', async () => {
  dynamodb.answer = ({ body }) =>
    failure('ConditionalCheckFailedException', 400, {
      Item: { ...(body as PutItem).Item, w: { B: Buffer.alloc(8).toString('base64') } },
    });
  expect(await store().write({ key: 'a', version: 2, state: '{}' })).toBe('conflict');
  expect(dynamodb.requests).toHaveLength(1);
});
