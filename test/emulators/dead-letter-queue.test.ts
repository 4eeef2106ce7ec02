import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe } from 'vitest';
import { openDeadLetterQueue } from '../../shared/aws/dead-letter-queue.ts';
import { deadLetterQueueContract } from '../contracts/dead-letter-queue.ts';
import { hasMoto, withMoto } from './moto.ts';
import { createQueue } from './sqs.ts';

withMoto('SQS');

describe.skipIf(!hasMoto)('on SQS', () => {
  deadLetterQueueContract(async () => {
    const client = new SQSClient({});
    const { url } = await createQueue('contract');
    return {
      queue: openDeadLetterQueue(url),
      send: async (body) => {
        await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
      },
      reveal: async ({ receipt }) => {
        const message = { QueueUrl: url, ReceiptHandle: receipt, VisibilityTimeout: 0 };
        await client.send(new ChangeMessageVisibilityCommand(message));
      },
    };
  });
});
