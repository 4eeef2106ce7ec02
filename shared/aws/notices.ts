import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ServiceUnavailable } from '../errors.ts';
import type { Notices, Severity } from '../ports.ts';
import { notice } from '../schemas/notice.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/** SNS topics by their ARNs, one a severity. */
export function openNotices<Known extends Severity>(
  topics: Readonly<Record<Known, string>>,
): Notices<Known> {
  const client = new SNSClient(callLimits({ attemptMs: 3000, attempts: 3 }));
  return {
    async publish({ severity, ...text }) {
      const { subject, body } = notice.parse(text);
      const TopicArn = topics[severity];
      const command = new PublishCommand({
        TopicArn,
        Subject: subject,
        Message: body,
        MessageAttributes: { severity: { DataType: 'String', StringValue: severity } },
      });
      await call(`Publish to ${TopicArn}`, ServiceUnavailable, () => client.send(command));
    },
  };
}
