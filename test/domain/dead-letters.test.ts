import { beforeEach, describe, expect, test } from 'vitest';
import { redriveDeadLetters } from '../../shared/domain/dead-letter-redrive.ts';
import { keepDeadLetters, type WatchedConsumer } from '../../shared/domain/dead-letters.ts';
import { ServiceUnavailable, StreamUnavailable } from '../../shared/errors.ts';
import type { ObjectStore, StreamedRecord } from '../../shared/ports.ts';
import {
  type DeadLetter,
  type DeadLetterMessage,
  deadLetter,
  deadLetterRedrive,
} from '../../shared/schemas/dead-letter.ts';

const NOW = Date.UTC(2026, 10, 22);
const sequence = (n: number) => String(n).padStart(56, '0');

/** The stream has the records from `oldest` on; 1 to 9 were put. */
let oldest: number;
let shards: string[];
let streamFails: Error | null;
let queued: Map<string, string>;
let objects: Map<string, string>;
let published: { severity: string; subject: string; body: string }[];
let noticesFail: Error | null;
/** What happened, in order. */
let steps: string[];

const lake = {
  put: async (key: string, body: Uint8Array) => {
    steps.push('put');
    objects.set(key, new TextDecoder().decode(body));
  },
} as ObjectStore;

const watched: WatchedConsumer = {
  consumer: 'enrich',
  queue: {
    async receive() {
      const unseen = [...queued].filter(([id]) => !hidden.has(id)).slice(0, 10);
      for (const [id] of unseen) hidden.add(id);
      return unseen.map(([id, body]) => ({ id, body, receipt: id }));
    },
    async delete(receipt) {
      steps.push('delete');
      queued.delete(receipt);
    },
  },
  stream: {
    shards: async () => shards,
    async *read(_shard, from): AsyncGenerator<StreamedRecord> {
      if (streamFails) throw streamFails;
      for (let n = Math.max(oldest, Number(from)); n <= 9; n++) {
        const text = `{"n":${n}}`;
        yield { sequence: sequence(n), partitionKey: `v${n}`, data: text, arrivedAt: NOW - 10_000 };
      }
    },
  },
};
let hidden: Set<string>;

function message(first: number, last: number, changes: Partial<DeadLetterMessage> = {}): string {
  return JSON.stringify({
    requestContext: {
      requestId: `request-${first}`,
      functionArn: 'arn:aws:lambda:us-east-1:1:function:foresight-dev-enrich',
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 6,
    },
    version: '1.0',
    timestamp: '2026-11-21T23:59:59.123Z',
    KinesisBatchInfo: {
      shardId: 'shardId-000000000000',
      startSequenceNumber: sequence(first),
      endSequenceNumber: sequence(last),
      approximateArrivalOfFirstRecord: '2026-11-21T23:59:00.000Z',
      approximateArrivalOfLastRecord: '2026-11-21T23:59:01.000Z',
      batchSize: last - first + 1,
      streamArn: 'arn:aws:kinesis:us-east-1:1:stream/raw',
    },
    ...changes,
  });
}

const keep = (...before: WatchedConsumer[]) => {
  hidden = new Set();
  return keepDeadLetters([...before, watched], {
    lake,
    notices: {
      publish: async (notice) => {
        steps.push('publish');
        if (noticesFail) throw noticesFail;
        published.push(notice);
      },
    },
    clock: { now: () => NOW },
  });
};
const letters = () => [...objects.values()].map((line) => deadLetter.parse(JSON.parse(line)));

beforeEach(() => {
  oldest = 1;
  shards = ['shardId-000000000000'];
  streamFails = null;
  queued = new Map();
  objects = new Map();
  published = [];
  noticesFail = null;
  steps = [];
});

describe('keeping dead letters', () => {
  test('writes the records that a message names, tells people, and deletes it last', async () => {
    queued.set('m1', message(3, 5));
    const { kept, errors } = await keep();
    expect(errors).toEqual([]);
    expect(steps).toEqual(['put', 'publish', 'delete']);
    expect(queued.size).toBe(0);
    const [[key = '', line = ''] = []] = objects;
    expect(key).toMatch(/^dead_letters\/enrich\/dt=2026-11-21\/[0-9a-f]{16}\.jsonl$/);
    expect(line.endsWith('}\n')).toBe(true);
    expect(letters()).toEqual(kept);
    expect(kept).toMatchObject([
      {
        consumer: 'enrich',
        given_up_at: '2026-11-21T23:59:59.123Z',
        condition: 'RetryAttemptsExhausted',
        named: 3,
        expired: false,
        message: message(3, 5),
        records: [3, 4, 5].map((n) => ({
          sequence: sequence(n),
          partition_key: `v${n}`,
          arrived_at: '2026-11-21T23:59:50.000Z',
          data: `{"n":${n}}`,
        })),
      },
    ]);
  });

  test('does nothing and tells nobody where the queues are empty', async () => {
    expect(await keep()).toEqual({ kept: [], errors: [] });
    expect(steps).toEqual([]);
  });

  test('one notice for all, which says what to do and nothing of the records', async () => {
    for (let n = 1; n <= 9; n++) queued.set(`m${n}`, message(n, n));
    await keep();
    expect(published).toHaveLength(1);
    const [{ severity, subject, body } = published[0] as never] = published;
    expect(severity).toBe('medium');
    expect(subject).toBe('Foresight: enrich gave up on 9 records');
    expect(body).toContain('foresight dead-letters redrive --all');
    expect(body).not.toContain('v3');
    expect(body).not.toContain('"n"');
    expect(steps.filter((step) => step === 'publish')).toHaveLength(1);
  });

  test('names twenty of many', async () => {
    for (let n = 0; n < 45; n++)
      queued.set(`m${n}`, message(1 + (n % 9), 9, { version: String(n) }));
    const { kept } = await keep();
    expect(kept).toHaveLength(45);
    expect(published[0]?.body).toContain('… and 25 more.');
  });

  test('takes no more messages in one run than it can keep', async () => {
    for (let n = 0; n < 250; n++) queued.set(`m${n}`, message(1, 1, { version: String(n) }));
    expect((await keep()).kept).toHaveLength(200);
    expect((await keep()).kept).toHaveLength(50);
    expect(queued.size).toBe(0);
  });

  test.each([
    ['some of them', 4, ['4', '5']],
    ['all of them', 7, []],
  ])('says that the stream had forgotten %s', async (words, from, left) => {
    oldest = from;
    queued.set('m1', message(3, 5));
    const { kept } = await keep();
    expect(kept).toMatchObject([{ expired: true, named: 3 }]);
    expect(kept[0]?.records.map(({ sequence }) => String(Number(sequence)))).toEqual(left);
    expect(published[0]?.body).toContain(`The stream had forgotten ${words}`);
    expect(queued.size).toBe(0);
  });

  test('a shard that is no more has forgotten all of them', async () => {
    shards = ['shardId-000000000007'];
    queued.set('m1', message(3, 5));
    expect((await keep()).kept).toMatchObject([{ expired: true, records: [] }]);
  });

  test.each([
    ['no JSON', 'hello'],
    ['JSON of another kind', '{"hello":true}'],
    [
      'sequence numbers that are none',
      message(1, 1).replace(/"startSequenceNumber":"\d+"/, '"startSequenceNumber":"x"'),
    ],
  ])('keeps a message that is not Lambda’s as it is: %s', async (_case, body) => {
    queued.set('m1', body);
    const { kept } = await keep();
    expect(kept).toMatchObject([
      { condition: 'UnreadableMessage', named: 0, records: [], message: body },
    ]);
    expect(published[0]?.body).toContain("a message that is not Lambda's");
    expect(queued.size).toBe(0);
  });

  test('a message whose records cannot be read stays; the others are kept', async () => {
    queued.set('m1', message(3, 5));
    streamFails = new StreamUnavailable('the stream is throttled');
    queued.set('m2', 'hello');
    const { kept, errors } = await keep();
    expect(kept).toHaveLength(1);
    expect(errors).toEqual([streamFails]);
    expect([...queued.keys()]).toEqual(['m1']);
  });

  test('a queue that cannot be read holds up no other', async () => {
    const down = new ServiceUnavailable('the queue is down');
    const receive = () => Promise.reject(down);
    queued.set('m1', message(3, 5));
    const { kept, errors } = await keep({ ...watched, queue: { ...watched.queue, receive } });
    expect(kept).toHaveLength(1);
    expect(errors).toEqual([down]);
  });

  test('a notice that fails leaves all messages, and doing it again writes the same objects', async () => {
    queued.set('m1', message(3, 5));
    noticesFail = new ServiceUnavailable('no notices now');
    await expect(keep()).rejects.toBe(noticesFail);
    expect(queued.size).toBe(1);
    const before = new Map(objects);
    noticesFail = null;
    await keep();
    expect(objects).toEqual(before);
    expect(queued.size).toBe(0);
    expect(published).toHaveLength(1);
  });
});

describe('redriving dead letters', () => {
  const letter = (id: string, consumer: string, ...data: string[]): DeadLetter => ({
    dead_letter_id: id,
    consumer,
    given_up_at: '2026-11-21T00:00:00.000Z',
    condition: 'RetryAttemptsExhausted',
    named: data.length,
    expired: false,
    records: data.map((text, n) => ({
      sequence: sequence(n),
      partition_key: `key ${text}`,
      arrived_at: '2026-11-21T00:00:00.000Z',
      data: text,
    })),
    message: '{}',
  });
  const redrive = (all: DeadLetter[], refused: readonly string[] = []) => {
    const put: Record<string, { partitionKey: string; data: string }[]> = {};
    const outcome = redriveDeadLetters(all, {
      streamOf: (consumer) => ({
        putRecords: async (entries) => {
          put[consumer] = [...(put[consumer] ?? []), ...entries];
          return entries.map(({ data }) => (refused.includes(data) ? 'InternalFailure' : null));
        },
      }),
      lake,
      now: () => NOW,
      retry: { attempts: 2, baseDelay: 0, random: () => 0, sleep: async () => {} },
    });
    return outcome.then((told) => ({ told, put }));
  };
  const notes = () =>
    [...objects].flatMap(([key, text]) =>
      key.startsWith('dead_letter_redrives/dt=2026-11-22/')
        ? text
            .split('\n')
            .flatMap((line) => (line ? [deadLetterRedrive.parse(JSON.parse(line))] : []))
        : [],
    );

  test('puts each record as it was to the stream of its consumer, and notes it', async () => {
    const { told, put } = await redrive([
      letter('a', 'enrich', '1', '2'),
      letter('b', 'update-features', '3'),
      letter('c', 'enrich'),
    ]);
    expect(told).toEqual({ redriven: 2, records: 3, empty: ['c'], failed: [] });
    expect(put).toEqual({
      enrich: [
        { partitionKey: 'key 1', data: '1' },
        { partitionKey: 'key 2', data: '2' },
      ],
      'update-features': [{ partitionKey: 'key 3', data: '3' }],
    });
    expect(notes()).toEqual([
      { dead_letter_id: 'a', redriven_at: '2026-11-22T00:00:00.000Z', records: 2 },
      { dead_letter_id: 'b', redriven_at: '2026-11-22T00:00:00.000Z', records: 1 },
    ]);
  });

  test('a dead letter that the stream did not take whole is not redriven', async () => {
    const { told } = await redrive(
      [letter('a', 'enrich', '1', '2'), letter('b', 'enrich', '3')],
      ['2'],
    );
    expect(told).toEqual({ redriven: 1, records: 1, empty: [], failed: ['a'] });
    expect(notes().map(({ dead_letter_id }) => dead_letter_id)).toEqual(['b']);
  });
});
