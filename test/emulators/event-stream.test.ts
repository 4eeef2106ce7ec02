import type { Server } from 'node:http';
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import kinesalite from 'kinesalite';
import { afterAll, beforeAll } from 'vitest';
import { openEventStream } from '../../shared/aws/event-stream.ts';
import type { StreamEntry } from '../../shared/ports.ts';
import { eventStreamContract } from '../contracts/event-stream.ts';
import { close, redirectTo } from './aws-environment.ts';

const StreamName = 'raw-events';
let server: Server;
let client: KinesisClient;

beforeAll(async () => {
  server = kinesalite({ createStreamMs: 0 });
  await redirectTo('KINESIS', server);
  client = new KinesisClient({ requestHandler: new NodeHttpHandler() });
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
});

afterAll(() => close(server));

async function readAll(): Promise<StreamEntry[]> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  const { ShardIterator: start } = await client.send(
    new GetShardIteratorCommand({
      StreamName,
      ShardId: Shards[0]?.ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  const entries: StreamEntry[] = [];
  for (let ShardIterator = start; ; ) {
    const { Records = [], NextShardIterator } = await client.send(
      new GetRecordsCommand({ ShardIterator }),
    );
    if (Records.length === 0) return entries;
    for (const { PartitionKey = '', Data } of Records)
      entries.push({ partitionKey: PartitionKey, data: Buffer.from(Data ?? []).toString() });
    ShardIterator = NextShardIterator;
  }
}

eventStreamContract(() => ({ stream: openEventStream(StreamName), readAll }));
