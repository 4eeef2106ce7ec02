import { openDeliveryStream } from '../../shared/aws/delivery-stream.ts';
import { deliveryStreamContract } from '../contracts/delivery-stream.ts';
import { type StubRequest, withStubService } from './stub-service.ts';

const firehose = withStubService('FIREHOSE');
const taken: string[] = [];

interface PutRecordBatch {
  DeliveryStreamName: string;
  Records: { Data: string }[];
}

/** Takes what Firehose takes, by its documented limits. */
function take({ target, scope, body }: StubRequest) {
  const { DeliveryStreamName, Records } = body as PutRecordBatch;
  const records = Records.map(({ Data }) => Buffer.from(Data, 'base64'));
  const bytes = records.reduce((sum, record) => sum + record.length, 0);
  const acceptable =
    target === 'Firehose_20150804.PutRecordBatch' &&
    scope === 'us-east-1/firehose' &&
    DeliveryStreamName === 'decisions' &&
    records.length >= 1 &&
    records.length <= 500 &&
    bytes <= 4 * 1024 * 1024 &&
    records.every((record) => record.length <= 1_024_000);
  if (!acceptable) return { status: 400, body: { __type: 'InvalidArgumentException' } };
  taken.push(...records.map(String));
  return {
    body: {
      FailedPutCount: 0,
      RequestResponses: records.map((_, index) => ({ RecordId: String(index) })),
    },
  };
}

deliveryStreamContract(() => {
  firehose.answer = take;
  return { stream: openDeliveryStream('decisions'), readAll: async () => taken };
});
