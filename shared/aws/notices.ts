import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ServiceUnavailable } from '../errors.ts';
import type { Notices, Severity } from '../ports.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

const MAX_SUBJECT = 100;
const MAX_BODY_BYTES = 256 * 1024;

/** SNS topics by their ARNs, one a severity. */
export function openNotices<Known extends Severity>(
  topics: Readonly<Record<Known, string>>,
): Notices<Known> {
  const client = new SNSClient(callLimits({ attemptMs: 3000, attempts: 3 }));
  return {
    async publish({ severity, subject, body }) {
      const TopicArn = topics[severity];
      const command = new PublishCommand({
        TopicArn,
        Subject: subjectOf(subject),
        Message: cut(body),
        MessageAttributes: { severity: { DataType: 'String', StringValue: severity } },
      });
      await call(`Publish to ${TopicArn}`, ServiceUnavailable, () => client.send(command));
    },
  };
}

/** SNS takes printable ASCII on one line, and refuses the whole message for anything else. */
function subjectOf(subject: string): string {
  const line = subject
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();
  return line.slice(0, MAX_SUBJECT);
}

/** Ends before a character that does not fit whole. */
function cut(body: string): string {
  const bytes = Buffer.from(body);
  if (bytes.length <= MAX_BODY_BYTES) return body;
  return new TextDecoder().decode(bytes.subarray(0, MAX_BODY_BYTES), { stream: true });
}
