import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openApiKeyStore } from '../../shared/aws/api-key-store.ts';
import { openDeadLetterQueue } from '../../shared/aws/dead-letter-queue.ts';
import { openDeliveryStream } from '../../shared/aws/delivery-stream.ts';
import { openEventBus } from '../../shared/aws/event-bus.ts';
import { openEventStream } from '../../shared/aws/event-stream.ts';
import { openModelEndpoint } from '../../shared/aws/model-endpoint.ts';
import { openModelRegistry } from '../../shared/aws/model-registry.ts';
import { openNotices } from '../../shared/aws/notices.ts';
import { openObjectReader } from '../../shared/aws/object-reader.ts';
import { openObjectStore } from '../../shared/aws/object-store.ts';
import { openOnlineStore } from '../../shared/aws/online-store.ts';
import { openSecretStore } from '../../shared/aws/secret-store.ts';
import { openStateMachines } from '../../shared/aws/state-machines.ts';
import { openStreamReader } from '../../shared/aws/stream-reader.ts';
import { withStubService } from './stub-service.ts';

const MACHINE = 'arn:aws:states:us-east-1:123456789012:stateMachine:training';

type Service = Parameters<typeof withStubService>[0];

/** A call of a client, how long an attempt of it may take (ms), and how many attempts it has. */
type Call = readonly [client: string, send: () => Promise<unknown>, number, number];

const CLIENTS: Readonly<Partial<Record<Service, readonly Call[]>>> = {
  DYNAMODB: [
    ['api keys', () => openApiKeyStore('keys').find('d'), 1000, 3],
    ['online items', () => openOnlineStore('online').read(['a']), 1000, 3],
    ['models', () => openModelRegistry('models').find('propensity', '1'), 1000, 3],
  ],
  KINESIS: [
    [
      'stream',
      () => openEventStream('raw').putRecords([{ partitionKey: 'a', data: '1' }]),
      2000,
      3,
    ],
    ['stream reader', () => openStreamReader('raw').shards(), 10_000, 3],
  ],
  FIREHOSE: [['delivery stream', () => openDeliveryStream('d').putRecordBatch(['{}']), 2000, 3]],
  S3: [
    ['objects', () => openObjectStore('lake').get('a'), 30_000, 3],
    ['object reader', () => openObjectReader('models').get('a'), 2000, 3],
  ],
  SECRETS_MANAGER: [['secrets', () => openSecretStore().read('ring'), 2000, 3]],
  SAGEMAKER_RUNTIME: [
    ['endpoint', () => openModelEndpoint('e').predict('v', [new Float32Array(1)]), 1000, 2],
  ],
  SFN: [['state machines', () => openStateMachines().find(MACHINE, 'run'), 5000, 3]],
  SNS: [
    [
      'notices',
      () =>
        openNotices({ low: 'arn:aws:sns:us-east-1:123456789012:low' }).publish({
          severity: 'low',
          subject: 's',
          body: 'b',
        }),
      3000,
      3,
    ],
  ],
  EVENTBRIDGE: [
    ['event bus', () => openEventBus('bus').putEvents([{ type: 'T', detail: '{}' }]), 3000, 3],
  ],
  SQS: [
    [
      'dead letters',
      () => openDeadLetterQueue(`${process.env['AWS_ENDPOINT_URL_SQS']}/1/q`).receive(),
      5000,
      3,
    ],
  ],
};

/** More than any jitter before the third attempt. */
const BACKOFF_MS = 1000;

describe.each(Object.entries(CLIENTS) as [Service, readonly Call[]][])('%s', (name, calls) => {
  const service = withStubService(name);
  const until = async (requests: number) => {
    while (service.requests.length < requests) await new Promise(setImmediate);
  };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each(calls)(
    '%s: a stalled attempt ends in time, and attempts are bounded',
    async (_client, send, attemptMs, attempts) => {
      service.answer = () => 'stall';
      const outcome = send().then(
        () => 'answered',
        (error: Error) => error.name,
      );
      for (let attempt = 1; attempt <= attempts; attempt++) {
        await until(attempt);
        await vi.advanceTimersByTimeAsync(attemptMs - 1);
        expect(service.requests).toHaveLength(attempt);
        await vi.advanceTimersByTimeAsync(1 + BACKOFF_MS);
      }
      expect(await outcome).toMatch(/Unavailable$/);
      expect(service.requests).toHaveLength(attempts);
    },
  );

  test.each(calls)(
    '%s: repeats a call that the service failed, so often',
    async (_client, send, _attemptMs, attempts) => {
      vi.useRealTimers();
      service.answer = () => ({ status: 500, body: {} });
      await expect(send()).rejects.toMatchObject({
        name: expect.stringMatching(/Unavailable$/),
        cause: expect.any(Error),
      });
      expect(service.requests).toHaveLength(attempts);
    },
  );
});
