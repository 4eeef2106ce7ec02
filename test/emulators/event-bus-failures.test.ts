import { expect, test } from 'vitest';
import { openEventBus } from '../../shared/aws/event-bus.ts';
import { withStubService } from './stub-service.ts';

const eventBridge = withStubService('EVENTBRIDGE');
const entriesOf = (body: unknown) => (body as { Entries: { Detail: string }[] }).Entries;
const events = (count: number, bytes = 10) =>
  Array.from({ length: count }, (_, n) => ({
    type: 'ModelPromoted',
    detail: JSON.stringify({ n, text: 'x'.repeat(bytes) }),
  }));

test('answers for each event across calls of ten: null or its error code', async () => {
  eventBridge.answer = ({ body }, attempt) => ({
    body: {
      FailedEntryCount: attempt === 2 ? 2 : 0,
      Entries: entriesOf(body).map((_, index) => {
        if (attempt !== 2 || index > 1) return { EventId: `${attempt}-${index}` };
        return { ErrorCode: index === 0 ? 'InternalFailure' : 'ThrottlingException' };
      }),
    },
  });
  const outcomes = await openEventBus('bus').putEvents(events(23));
  expect(eventBridge.requests.map(({ body }) => entriesOf(body).length)).toEqual([10, 10, 3]);
  expect(outcomes).toHaveLength(23);
  expect(outcomes.flatMap((code, index) => (code === null ? [] : [[index, code]]))).toEqual([
    [10, 'InternalFailure'],
    [11, 'ThrottlingException'],
  ]);
});

test('keeps each call within 256 KB, and each event in its order', async () => {
  eventBridge.answer = ({ body }) => ({
    body: { Entries: entriesOf(body).map(() => ({ EventId: 'taken' })) },
  });
  const put = events(7, 90_000);
  await openEventBus('bus').putEvents(put);
  const sent = eventBridge.requests.map(({ body }) => entriesOf(body).map(({ Detail }) => Detail));
  expect(sent.map(({ length }) => length)).toEqual([2, 2, 2, 1]);
  expect(sent.flat()).toEqual(put.map(({ detail }) => detail));
});

test('an event that the answer says nothing of was not taken', async () => {
  eventBridge.answer = () => ({ body: { FailedEntryCount: 0, Entries: [{ EventId: '1' }] } });
  expect(await openEventBus('bus').putEvents(events(2))).toEqual([null, 'NoResult']);
});
