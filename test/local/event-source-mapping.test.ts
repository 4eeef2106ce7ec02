import type { KinesisStreamEvent } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openCheckpoints } from '../../local/checkpoints.ts';
import {
  type EventSourceMapping,
  startEventSourceMapping,
} from '../../local/event-source-mapping.ts';
import type { StreamMapping } from '../../local/wiring.ts';
import { openDeadLetterQueue } from '../../shared/embedded/dead-letter-queue.ts';
import { openStreamLog } from '../../shared/embedded/stream-log.ts';
import { type DeadLetterMessage, deadLetterMessage } from '../../shared/schemas/dead-letter.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';

const directory = freshDataDirectory();
let streams = 0;

const settings = (changes: Partial<StreamMapping> = {}): StreamMapping => ({
  function: 'consume',
  stream: `Stream${streams++}`,
  startingPosition: 'TRIM_HORIZON',
  batchSize: 10,
  batchWindowSeconds: 0,
  parallelizationFactor: 1,
  bisectBatchOnFunctionError: true,
  maximumRetryAttempts: 2,
  maximumRecordAgeSeconds: 3600,
  reportsBatchItemFailures: true,
  deadLetterQueue: `Dead${streams}`,
  ...changes,
});

/** Time that passes only by what the mapping waits for, all at once. */
function impatientTime(start = Date.now()) {
  const time = {
    passed: [] as number[],
    now: () => start + time.passed.reduce((a, b) => a + b, 0),
  };
  const sleep = async (milliseconds: number) => {
    time.passed.push(milliseconds);
  };
  return { ...time, now: time.now, sleep };
}

type Consumer = (data: string[], event: KinesisStreamEvent) => unknown;

interface Running {
  readonly mapping: EventSourceMapping;
  /** Data of each invocation. */
  readonly invocations: string[][];
  readonly reports: string[];
}

async function start(
  mapping: StreamMapping,
  consume: Consumer,
  time: {
    now: () => number;
    sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  } = impatientTime(),
): Promise<Running> {
  const invocations: string[][] = [];
  const reports: string[] = [];
  const running = await startEventSourceMapping(mapping, {
    directory: directory(),
    log: openStreamLog(directory(), mapping.stream),
    checkpoints: openCheckpoints(directory()),
    deadLetters: openDeadLetterQueue(mapping.deadLetterQueue),
    invoke: async (event) => {
      const data = event.Records.map(({ kinesis }) =>
        Buffer.from(kinesis.data, 'base64').toString(),
      );
      invocations.push(data);
      return consume(data, event);
    },
    report: (error) => reports.push((error as Error).message),
    ...time,
  });
  return { mapping: running, invocations, reports };
}

const put = (mapping: StreamMapping, ...data: string[]) =>
  openStreamLog(directory(), mapping.stream).append(
    data.map((text) => ({ partitionKey: text.split('/')[0] as string, data: text })),
  );
const deadOf = (mapping: StreamMapping) =>
  openDeadLetterQueue(mapping.deadLetterQueue)
    .messages()
    .map((message) => deadLetterMessage.parse(JSON.parse(message)));
/** The data of the records between the first and the last that the message names. */
const namedBy = ({ KinesisBatchInfo }: DeadLetterMessage) => {
  const { startSequenceNumber, endSequenceNumber, streamArn } = KinesisBatchInfo;
  const first = Number(startSequenceNumber);
  return openStreamLog(directory(), streamArn.split('/')[1] as string)
    .read(first - 1, Number(endSequenceNumber) - first + 1)
    .map(({ data }) => data);
};
const failuresAt = (event: KinesisStreamEvent, ...positions: number[]) => ({
  batchItemFailures: positions.map((position) => ({
    itemIdentifier: event.Records[position]?.kinesis.sequenceNumber,
  })),
});
const throwing = () => {
  throw new Error('the function failed');
};

describe('a delivery', () => {
  test('is the event that Lambda gets from Kinesis', async () => {
    const mapping = settings();
    let seen: KinesisStreamEvent | undefined;
    const { mapping: running } = await start(mapping, (_data, event) => {
      seen = event;
    });
    await put(mapping, 'ключ/Grüße');
    await running.idle();
    await running.stop();
    const sequence = `${'0'.repeat(55)}1`;
    expect(seen).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: 'ключ',
            sequenceNumber: sequence,
            data: Buffer.from('ключ/Grüße').toString('base64'),
            approximateArrivalTimestamp: expect.closeTo(Date.now() / 1000, -2),
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: `shardId-000000000000:${sequence}`,
          eventName: 'aws:kinesis:record',
          invokeIdentityArn: expect.stringMatching(/^arn:aws:iam::/),
          awsRegion: 'us-east-1',
          eventSourceARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${mapping.stream}`,
        },
      ],
    });
  });

  test('has at most a batch of records, and what is there already in order', async () => {
    const mapping = settings({ batchSize: 3 });
    await put(mapping, ...Array.from({ length: 7 }, (_, n) => `a/${n}`));
    const { mapping: running, invocations } = await start(mapping, () => ({}));
    await running.idle();
    await running.stop();
    expect(invocations).toEqual([['a/0', 'a/1', 'a/2'], ['a/3', 'a/4', 'a/5'], ['a/6']]);
  });

  test('is bounded in bytes as well', async () => {
    const mapping = settings({ batchSize: 100 });
    const large = 'x'.repeat(1_500_000);
    await put(mapping, `a/${large}1`, `a/${large}2`, `a/${large}3`, 'a/4');
    const { mapping: running, invocations } = await start(mapping, () => ({}));
    await running.idle();
    await running.stop();
    expect(invocations.map((batch) => batch.length)).toEqual([2, 2]);
  });

  test('starts at the newest record where the wiring says LATEST', async () => {
    const mapping = settings({ startingPosition: 'LATEST' });
    await put(mapping, 'a/before');
    const { mapping: running, invocations } = await start(mapping, () => ({}));
    await put(mapping, 'a/after');
    await running.idle();
    await running.stop();
    expect(invocations).toEqual([['a/after']]);
  });

  test('waits for a full batch no longer than the window', async () => {
    const mapping = settings({ batchSize: 3, batchWindowSeconds: 5 });
    let now = 0;
    const sleeping: { until: number; wake: () => void }[] = [];
    const slept = (count: number) => expect.poll(() => sleeping.length).toBe(count);
    const { mapping: running, invocations } = await start(mapping, () => ({}), {
      now: () => now,
      sleep: (milliseconds) =>
        new Promise((wake) => {
          sleeping.push({ until: now + milliseconds, wake });
        }),
    });
    await put(mapping, 'a/1');
    await slept(1);
    now = 2000;
    await put(mapping, 'a/2');
    await slept(2);
    expect(sleeping.map(({ until }) => until)).toEqual([5000, 5000]);
    expect(invocations).toEqual([]);
    now = 5000;
    sleeping.at(-1)?.wake();
    await running.idle();
    expect(invocations).toEqual([['a/1', 'a/2']]);
    await put(mapping, 'a/3', 'a/4', 'a/5');
    await running.idle();
    await running.stop();
    expect(invocations.at(-1)).toEqual(['a/3', 'a/4', 'a/5']);
  });

  test('keeps each key in one of the parallel lanes and lets lanes run at once', async () => {
    const mapping = settings({ parallelizationFactor: 4, batchSize: 1 });
    let inFlight = 0;
    let most = 0;
    const { mapping: running, invocations } = await start(mapping, async () => {
      most = Math.max(most, ++inFlight);
      await new Promise(setImmediate);
      inFlight--;
    });
    const keys = Array.from({ length: 16 }, (_, key) => `key${key}`);
    await put(mapping, ...[1, 2, 3].flatMap((n) => keys.map((key) => `${key}/${n}`)));
    await running.idle();
    await running.stop();
    expect(most).toBe(4);
    for (const key of keys) {
      expect(invocations.flat().filter((data) => data.startsWith(`${key}/`))).toEqual(
        [1, 2, 3].map((n) => `${key}/${n}`),
      );
    }
  });
});

describe('a failure', () => {
  test.each<[string, unknown]>([
    ['no answer', undefined],
    ['null', null],
    ['an empty object', {}],
    ['an empty list', { batchItemFailures: [] }],
    ['a null list', { batchItemFailures: null }],
  ])('is not: %s', async (_case, response) => {
    const mapping = settings();
    const { mapping: running, invocations } = await start(mapping, () => response);
    await put(mapping, 'a/1', 'a/2');
    await running.idle();
    await running.stop();
    expect(invocations).toEqual([['a/1', 'a/2']]);
    expect(deadOf(mapping)).toEqual([]);
  });

  test('of some records goes on from the lowest, without another try of those before', async () => {
    const mapping = settings();
    let first = true;
    const { mapping: running, invocations } = await start(mapping, (_data, event) => {
      if (!first) return {};
      first = false;
      return failuresAt(event, 3, 1);
    });
    await put(mapping, 'a/0', 'a/1', 'a/2', 'a/3');
    await running.idle();
    await running.stop();
    expect(invocations).toEqual([
      ['a/0', 'a/1', 'a/2', 'a/3'],
      ['a/1', 'a/2', 'a/3'],
    ]);
  });

  test.each([
    ['an unknown record', { batchItemFailures: [{ itemIdentifier: 'nothing' }] }],
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['no identifier', { batchItemFailures: [{}] }],
  ])('that names %s is one of the whole batch', async (_case, response) => {
    const mapping = settings({ bisectBatchOnFunctionError: false, maximumRetryAttempts: 0 });
    const { mapping: running } = await start(mapping, () => response);
    await put(mapping, 'a/1', 'a/2');
    await running.idle();
    await running.stop();
    expect(deadOf(mapping).map(namedBy)).toEqual([['a/1', 'a/2']]);
  });

  test('answered without ReportBatchItemFailures is none', async () => {
    const mapping = settings({ reportsBatchItemFailures: false });
    const { mapping: running } = await start(mapping, (_data, event) => failuresAt(event, 0));
    await put(mapping, 'a/1');
    await running.idle();
    await running.stop();
    expect(deadOf(mapping)).toEqual([]);
  });

  test('is tried again so often, with growing pauses, then dead-lettered by its place on the stream', async () => {
    const mapping = settings({ bisectBatchOnFunctionError: false, maximumRetryAttempts: 3 });
    const time = impatientTime();
    const { mapping: running, invocations, reports } = await start(mapping, throwing, time);
    await put(mapping, 'a/1', 'a/2');
    await running.idle();
    await running.stop();
    expect(invocations).toHaveLength(4);
    expect(reports).toEqual(Array(4).fill('the function failed'));
    expect(time.passed).toEqual([100, 200, 400]);
    const [dead, ...others] = deadOf(mapping);
    expect(others).toEqual([]);
    expect(dead).toEqual({
      requestContext: {
        requestId: expect.any(String),
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:consume',
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 4,
      },
      version: '1.0',
      timestamp: new Date(time.now()).toISOString(),
      KinesisBatchInfo: {
        shardId: 'shardId-000000000000',
        startSequenceNumber: `${'0'.repeat(55)}1`,
        endSequenceNumber: `${'0'.repeat(55)}2`,
        approximateArrivalOfFirstRecord: expect.stringMatching(/Z$/),
        approximateArrivalOfLastRecord: expect.stringMatching(/Z$/),
        batchSize: 2,
        streamArn: `arn:aws:kinesis:us-east-1:000000000000:stream/${mapping.stream}`,
      },
    });
    expect(namedBy(dead as DeadLetterMessage)).toEqual(['a/1', 'a/2']);
  });

  test('that is dead-lettered keeps its records on the stream until the message is deleted', async () => {
    const mapping = settings({ maximumRetryAttempts: 0 });
    const { mapping: running } = await start(mapping, (data) => {
      if (data.includes('a/2')) throw new Error('poison');
    });
    await put(mapping, 'a/1', 'a/2', 'a/3');
    await running.idle();
    expect(await running.checkpoint()).toBe(1);
    const queue = openDeadLetterQueue(mapping.deadLetterQueue);
    for (const { receipt } of await queue.receive()) await queue.delete(receipt);
    expect(await running.checkpoint()).toBe(3);
    await running.stop();
  });

  test('of one poison record is bisected down to it; all others are handled', async () => {
    const mapping = settings({ batchSize: 500, maximumRetryAttempts: 2 });
    const handled: string[] = [];
    const { mapping: running, invocations } = await start(mapping, (data) => {
      if (data.includes('a/137')) throw new Error('poison');
      handled.push(...data);
    });
    const all = Array.from({ length: 500 }, (_, n) => `a/${n}`);
    await put(mapping, ...all);
    await running.idle();
    await running.stop();
    expect(handled).toEqual(all.filter((data) => data !== 'a/137'));
    expect(deadOf(mapping).map(namedBy)).toEqual([['a/137']]);
    expect(invocations.length).toBeLessThan(25);
  });

  test('of records too old is dead-lettered without a try; younger ones are delivered', async () => {
    const mapping = settings({ maximumRecordAgeSeconds: 60 });
    await put(mapping, 'a/old');
    const time = impatientTime(Date.now() + 61_000);
    const { mapping: running, invocations } = await start(mapping, () => ({}), time);
    await running.idle();
    await running.stop();
    expect(invocations).toEqual([]);
    expect(deadOf(mapping)).toMatchObject([
      { requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 0 } },
    ]);
  });

  test('that lasts until records are too old ends by age before the retries do', async () => {
    const mapping = settings({ maximumRetryAttempts: 10_000, maximumRecordAgeSeconds: 60 });
    const { mapping: running, invocations } = await start(mapping, throwing);
    await put(mapping, 'a/1');
    await running.idle();
    await running.stop();
    expect(invocations.length).toBeGreaterThan(5);
    expect(deadOf(mapping)).toMatchObject([{ requestContext: { condition: 'RecordAgeExceeded' } }]);
  });

  test('to write progress stops the lane until it can be written; nothing is skipped', async () => {
    const mapping = settings();
    const { database } = directory();
    database.exec(
      "CREATE TEMP TRIGGER full BEFORE UPDATE ON main.checkpoints BEGIN SELECT raise(FAIL, 'full'); END",
    );
    const pauses: number[] = [];
    const { mapping: running, reports } = await start(mapping, () => ({}), {
      now: Date.now,
      sleep: async (milliseconds) => {
        if (pauses.push(milliseconds) === 3) database.exec('DROP TRIGGER temp.full');
      },
    });
    await put(mapping, 'a/1');
    await running.idle();
    await running.stop();
    expect(pauses).toEqual([100, 200, 400]);
    expect(reports).toHaveLength(3);
  });
});

describe('a restart', () => {
  test('goes on after what was handled', async () => {
    const mapping = settings({ batchSize: 2, parallelizationFactor: 2 });
    const first = await start(mapping, () => ({}));
    await put(mapping, 'a/1', 'b/1', 'c/1', 'a/2');
    await first.mapping.idle();
    await first.mapping.stop();
    await put(mapping, 'b/2', 'a/3');
    const second = await start(mapping, () => ({}));
    await second.mapping.idle();
    await second.mapping.stop();
    expect(second.invocations.flat().toSorted()).toEqual(['a/3', 'b/2']);
  });

  test('after a stop amid an invocation repeats nothing of it', async () => {
    const mapping = settings();
    let finish = () => {};
    const first = await start(mapping, () => new Promise<void>((resolve) => (finish = resolve)));
    await put(mapping, 'a/1');
    await expect.poll(() => first.invocations).toEqual([['a/1']]);
    const stopped = first.mapping.stop();
    finish();
    await stopped;
    const second = await start(mapping, () => ({}));
    await put(mapping, 'a/2');
    await second.mapping.idle();
    await second.mapping.stop();
    expect(second.invocations).toEqual([['a/2']]);
  });

  test('with another number of lanes delivers everything that was not handled', async () => {
    const mapping = settings({ batchSize: 1, parallelizationFactor: 4 });
    const data = Array.from({ length: 12 }, (_, n) => `key${n}/1`);
    const stuck = new Set(data.slice(6));
    const handled = new Set<string>();
    const hang = new Promise(() => undefined);
    const first = await start(mapping, async ([one]) => {
      if (stuck.has(one as string)) return hang;
      handled.add(one as string);
    });
    await put(mapping, ...data);
    await expect.poll(() => first.invocations.length).toBeGreaterThan(3);
    const second = await start({ ...mapping, parallelizationFactor: 3 }, ([one]) => {
      handled.add(one as string);
    });
    await second.mapping.idle();
    await second.mapping.stop();
    expect([...handled].toSorted()).toEqual(data.toSorted());
  });

  test('does not read again what a lane without records has long passed', async () => {
    const mapping = settings({ parallelizationFactor: 2 });
    const { mapping: running } = await start(mapping, () => ({}));
    await put(mapping, ...Array.from({ length: 30 }, (_, n) => `same-key/${n}`));
    await running.idle();
    expect(await running.checkpoint()).toBe(30);
    await running.stop();
    const resumed = await openCheckpoints(directory()).resume(`${mapping.stream} → consume`, 2, 0);
    expect(resumed).toEqual([30, 30]);
  });
});

test('whatever fails and whenever it crashes: each record is handled or dead-lettered, in order by key', async () => {
  const scenario = fc.record({
    keys: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 60 }),
    poison: fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { maxLength: 4 }),
    /** What befalls the invocations, in turn; 'ok' once they are used up. */
    fates: fc.array(fc.constantFrom('ok', 'throw', 'partial', 'crash'), { maxLength: 12 }),
    batchSize: fc.integer({ min: 1, max: 20 }),
    lanes: fc.integer({ min: 1, max: 3 }),
    bisect: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ keys, poison, fates, batchSize, lanes, bisect }) => {
      const mapping = settings({
        batchSize,
        parallelizationFactor: lanes,
        bisectBatchOnFunctionError: bisect,
        maximumRetryAttempts: 20,
      });
      const all = keys.map((key, n) => `${key}/${n}`);
      const poisonous = new Set(poison.map((n) => all[n]));
      const handled: string[] = [];
      const fate = fates[Symbol.iterator]();
      let crash = () => {};
      const consume: Consumer = async (data, event) => {
        const next = fate.next().value ?? 'ok';
        if (next === 'crash') {
          crash();
          return new Promise(() => undefined);
        }
        if (next === 'throw') throw new Error('transient');
        const bad = data.findIndex((one) => poisonous.has(one));
        const until = bad === -1 ? data.length : bad;
        const done = next === 'partial' ? Math.floor(until / 2) : until;
        handled.push(...data.slice(0, done));
        return done === data.length ? {} : failuresAt(event, done);
      };
      await put(mapping, ...all);
      for (;;) {
        const crashed = new Promise<'crashed'>((resolve) => {
          crash = () => resolve('crashed');
        });
        const { mapping: running } = await start(mapping, consume);
        if ((await Promise.race([crashed, running.idle()])) !== 'crashed') {
          await running.stop();
          break;
        }
      }
      const dead = deadOf(mapping).flatMap(namedBy);
      expect(new Set([...handled, ...dead])).toEqual(new Set(all));
      if (bisect) expect(new Set(dead)).toEqual(new Set(all.filter((one) => poisonous.has(one))));
      for (const key of new Set(keys)) {
        const firsts = [...new Set(handled.filter((one) => one.startsWith(`${key}/`)))];
        expect(firsts).toEqual(all.filter((one) => firsts.includes(one)));
      }
    }),
    { numRuns: 60 },
  );
});
