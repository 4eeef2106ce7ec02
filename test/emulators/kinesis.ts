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
import type { StreamEntry } from '../../shared/ports.ts';
import { close, redirectTo } from './aws-environment.ts';

export interface EmulatedRecord extends StreamEntry {
  readonly sequence: string;
}

/** An emulated Kinesis with streams of one shard, and a reader of all that is on one of them. */
export function withStreams(...streams: readonly string[]) {
  let server: Server;
  let client: KinesisClient;

  beforeAll(async () => {
    server = kinesalite({ createStreamMs: 0 });
    await redirectTo('KINESIS', server);
    client = new KinesisClient({ requestHandler: new NodeHttpHandler() });
    for (const StreamName of streams)
      await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  });

  afterAll(() => close(server));

  return async (StreamName: string): Promise<EmulatedRecord[]> => {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
    const { ShardIterator: start } = await client.send(
      new GetShardIteratorCommand({
        StreamName,
        ShardId: Shards[0]?.ShardId,
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    const records: EmulatedRecord[] = [];
    for (let ShardIterator = start; ; ) {
      const { Records = [], NextShardIterator } = await client.send(
        new GetRecordsCommand({ ShardIterator }),
      );
      if (Records.length === 0) return records;
      for (const { PartitionKey = '', SequenceNumber = '', Data = [] } of Records)
        records.push({
          partitionKey: PartitionKey,
          sequence: SequenceNumber,
          data: Buffer.from(Data).toString(),
        });
      ShardIterator = NextShardIterator;
    }
  };
}
