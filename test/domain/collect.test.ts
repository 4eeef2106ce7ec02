import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { collect } from '../../shared/domain/collect.ts';
import { MAX_BODY_BYTES } from '../../shared/domain/parse-json.ts';
import { collectResponse } from '../../shared/schemas/door-event.ts';
import { MemoryEventStream } from './memory-streams.ts';

const now = Date.UTC(2026, 4, 1, 12);

function door(stream = new MemoryEventStream()) {
  const slept: number[] = [];
  const deps = {
    stream,
    receiveTime: () => now,
    keyRing: { current: 'k1', keys: { k1: 'ab'.repeat(32) } },
    retry: {
      attempts: 4,
      baseDelay: 50,
      random: () => 1,
      sleep: async (milliseconds: number) => void slept.push(milliseconds),
    },
  };
  const post = (body: string, idempotencyKey: string | null = null) =>
    collect(
      {
        body,
        requestId: 'r1',
        idempotencyKey,
        userAgent: 'Mozilla/5.0',
        sourceIp: '203.0.113.77',
        country: 'GB',
      },
      deps,
    );
  return {
    stream,
    slept,
    post,
    postEvents: (events: unknown[]) => post(JSON.stringify({ events })),
  };
}

const event = { event_type: 'product_view', anonymous_id: 'v1', product_id: 'p1' };

describe('the door', () => {
  test('answers for each event, in the order sent', async () => {
    const { postEvents, stream } = door();
    const answer = await postEvents([event, { event_type: 'product_view' }, event]);
    expect(collectResponse.parse(answer)).toMatchObject({
      accepted: 2,
      refused: 1,
      results: [
        { status: 'accepted' },
        { status: 'refused', field: 'anonymous_id' },
        { status: 'accepted' },
      ],
    });
    expect(stream.entries).toHaveLength(2);
    expect(stream.entries[0]?.partitionKey).toBe('v1');
  });

  test.each(['', 'x'.repeat(256)])('refuses the idempotency key %j', async (key) => {
    const { post, stream } = door();
    await expect(post(JSON.stringify({ events: [event] }), key)).rejects.toMatchObject({
      name: 'InvalidRequest',
      field: 'Idempotency-Key',
    });
    expect(stream.entries).toEqual([]);
  });

  test('attaches what only the door knows, the network instead of the address', async () => {
    const { postEvents, stream } = door();
    await postEvents([event]);
    expect(JSON.parse(stream.entries[0]?.data ?? '')).toMatchObject({
      received_at: '2026-05-01T12:00:00.000Z',
      order_key: '2026-05-01T12:00:00.000Z~r1~000',
      door: { user_agent: 'Mozilla/5.0', ip_network: '203.0.113.0', country: 'GB' },
    });
    expect(stream.entries[0]?.data).not.toContain('203.0.113.77');
  });

  test.each([
    ['no JSON', '{"events":', 'InvalidRequest'],
    ['no object', '[]', 'InvalidRequest'],
    ['no events', '{"events":[]}', 'InvalidRequest'],
    ['101 events', JSON.stringify({ events: new Array(101).fill(event) }), 'InvalidRequest'],
    ['an unknown envelope field', JSON.stringify({ events: [event], more: 1 }), 'InvalidRequest'],
    ['a body over the limit', `{"events":["${'ä'.repeat(MAX_BODY_BYTES / 2)}"]}`, 'BodyTooLarge'],
  ])('refuses %s as a whole', async (_, body, name) => {
    const { post, stream } = door();
    await expect(post(body)).rejects.toMatchObject({ name });
    expect(stream.calls).toEqual([]);
  });

  test('retries failed entries only, with growing delays', async () => {
    const flaky = new MemoryEventStream((call, index) => call < 2 && index % 2 === 1);
    const { postEvents, slept } = door(flaky);
    const events = ['a', 'b', 'c', 'd'].map((event_id) => ({ ...event, event_id }));
    expect(await postEvents(events)).toMatchObject({ accepted: 4, refused: 0 });
    expect(flaky.calls).toEqual([4, 2, 1]);
    expect(slept).toEqual([50, 100]);
    const stored = flaky.entries.map(({ data }) => JSON.parse(data).event.event_id);
    expect(stored.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('says which events could not be stored', async () => {
    const { postEvents } = door(new MemoryEventStream((_, index) => index === 0));
    expect(await postEvents([event, event])).toMatchObject({
      accepted: 1,
      results: [
        { status: 'refused', reason: expect.stringMatching(/^not_stored/) },
        { status: 'accepted' },
      ],
    });
  });

  test('is unavailable when nothing could be stored', async () => {
    const { postEvents } = door(new MemoryEventStream(() => true));
    await expect(postEvents([event])).rejects.toMatchObject({ name: 'StreamUnavailable' });
  });

  test('what it accepts is on the stream exactly once, whichever entries fail when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), {
          minLength: 4,
          maxLength: 4,
        }),
        async (failures) => {
          const stream = new MemoryEventStream((call, index) => failures[call]?.[index] ?? false);
          const events = [0, 1, 2, 3, 4, 5].map((n) => ({ ...event, event_id: `e${n}` }));
          const answer = await door(stream)
            .postEvents(events)
            .catch(() => null);
          const stored = stream.entries.map(({ data }) => JSON.parse(data).event.event_id);
          const accepted = (answer?.results ?? []).flatMap((result) =>
            result.status === 'accepted' ? [result.event_id] : [],
          );
          expect(stored.toSorted()).toEqual(accepted.toSorted());
        },
      ),
    );
  });
});
