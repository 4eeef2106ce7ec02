import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { describe } from 'vitest';
import { openNotices } from '../../shared/aws/notices.ts';
import type { Severity } from '../../shared/ports.ts';
import { noticesContract } from '../contracts/notices.ts';
import { hasMoto, withMoto } from './moto.ts';
import { createQueue, takeAll } from './sqs.ts';

withMoto('SNS', 'SQS');

/** A topic, and what a queue subscribed to it has received. */
async function subscribedTopic(name: string) {
  const client = new SNSClient({});
  const { TopicArn = '' } = await client.send(new CreateTopicCommand({ Name: name }));
  const { url, arn: Endpoint } = await createQueue(name);
  await client.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
  const arrived: { subject: string; body: string }[] = [];
  return {
    arn: TopicArn,
    async arrived() {
      for (const body of await takeAll(url)) {
        const { Subject, Message } = JSON.parse(body);
        arrived.push({ subject: Subject, body: Message });
      }
      return arrived;
    },
  };
}

describe.skipIf(!hasMoto)('on SNS', () => {
  noticesContract(async () => {
    const topics = {
      critical: await subscribedTopic('critical'),
      medium: await subscribedTopic('medium'),
      low: await subscribedTopic('low'),
    };
    const { critical, medium, low } = topics;
    return {
      notices: openNotices({ critical: critical.arn, medium: medium.arn, low: low.arn }),
      arrived: (severity: Severity) => topics[severity].arrived(),
    };
  });
});
