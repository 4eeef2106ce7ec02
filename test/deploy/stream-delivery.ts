import {
  type EventSourceMappingConfiguration,
  InvokeCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Lane } from '../../local/lane.ts';
import type { StreamMapping } from '../../local/wiring.ts';
import type { StreamedRecord } from '../../shared/ports.ts';

/**
 * Delivers records to a deployed function as Lambda does for a deployed mapping, and sends what it
 * gives up on to the mapping's queue. Stands in for the emulator, which delivers a batch once and
 * heeds no answer; the delivery is the embedded platform's own (local/lane.ts), without its pauses.
 *
 * @param shard that the records are on
 */
export async function deliver(
  mapping: EventSourceMappingConfiguration,
  shard: string,
  records: readonly StreamedRecord[],
): Promise<void> {
  const lambda = new LambdaClient({});
  const sqs = new SQSClient({});
  const queue = mapping.DestinationConfig?.OnFailure?.Destination ?? '';
  const { QueueUrl } = await sqs.send(
    new GetQueueUrlCommand({ QueueName: queue.split(':').at(-1) }),
  );
  const lane = new Lane(settingsOf(mapping), 0, {
    async invoke(event) {
      const command = new InvokeCommand({
        FunctionName: mapping.FunctionArn,
        Payload: Buffer.from(JSON.stringify(event)),
      });
      const { Payload, FunctionError } = await lambda.send(command);
      const answer = Buffer.from(Payload ?? []).toString();
      if (FunctionError) throw new Error(answer);
      return JSON.parse(answer);
    },
    async advance(_, last, letter) {
      if (letter === null) return;
      const { batchSize } = letter.KinesisBatchInfo;
      const KinesisBatchInfo = {
        ...letter.KinesisBatchInfo,
        streamArn: mapping.EventSourceArn,
        shardId: shard,
        startSequenceNumber: records[last - batchSize]?.sequence,
        endSequenceNumber: records[last - 1]?.sequence,
      };
      const MessageBody = JSON.stringify({ ...letter, KinesisBatchInfo });
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    },
    report: () => undefined,
    now: () => Date.now(),
    sleep: async () => undefined,
  });
  for (const [index, { partitionKey, data, arrivedAt }] of records.entries())
    lane.offer({ sequence: index + 1, partitionKey, data, arrivedAt });
  await lane.run(() => {
    if (lane.load === 0) lane.stop();
  });
}

function settingsOf(mapping: EventSourceMappingConfiguration): StreamMapping {
  return {
    function: mapping.FunctionArn?.split(':').at(-1) ?? '',
    stream: mapping.EventSourceArn?.split('/').at(-1) ?? '',
    startingPosition: mapping.StartingPosition as 'TRIM_HORIZON',
    batchSize: mapping.BatchSize as number,
    batchWindowSeconds: mapping.MaximumBatchingWindowInSeconds as number,
    parallelizationFactor: mapping.ParallelizationFactor as number,
    bisectBatchOnFunctionError: mapping.BisectBatchOnFunctionError as boolean,
    maximumRetryAttempts: mapping.MaximumRetryAttempts as number,
    maximumRecordAgeSeconds: mapping.MaximumRecordAgeInSeconds as number,
    reportsBatchItemFailures: mapping.FunctionResponseTypes?.includes(
      'ReportBatchItemFailures',
    ) as boolean,
    deadLetterQueue: mapping.DestinationConfig?.OnFailure?.Destination as string,
  };
}
