import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ServiceUnavailable } from '../errors.ts';
import type { DeadLetterQueue } from '../ports.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/** Longer than whoever receives may run. */
const HIDDEN_SECONDS = 300;
/** A wait asks all of SQS's servers: without one, few messages may not be found. */
const WAIT_SECONDS = 1;

/** An SQS queue by its URL. */
export function openDeadLetterQueue(url: string): DeadLetterQueue {
  const client = new SQSClient(callLimits({ attemptMs: 5000, attempts: 3 }));
  return {
    async receive() {
      const command = new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: HIDDEN_SECONDS,
        WaitTimeSeconds: WAIT_SECONDS,
      });
      const { Messages = [] } = await call(`ReceiveMessage from ${url}`, ServiceUnavailable, () =>
        client.send(command),
      );
      return Messages.map(({ MessageId = '', Body = '', ReceiptHandle = '' }) => ({
        id: MessageId,
        body: Body,
        receipt: ReceiptHandle,
      }));
    },
    async delete(receipt) {
      const command = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receipt });
      await call(`DeleteMessage from ${url}`, ServiceUnavailable, () => client.send(command));
    },
  };
}
