import * as z from 'zod';

/**
 * What Lambda sends to a queue when the consumer of a stream gives up on records: where they stand,
 * not what they are. With a parallelization factor above one, records of the other lanes stand
 * between the first and the last of those named.
 */
export const deadLetterMessage = z.object({
  requestContext: z.object({
    requestId: z.string(),
    functionArn: z.string(),
    condition: z.string(),
    approximateInvokeCount: z.number(),
  }),
  version: z.string(),
  timestamp: z.iso.datetime(),
  KinesisBatchInfo: z.object({
    shardId: z.string(),
    startSequenceNumber: z.string().regex(/^\d+$/),
    endSequenceNumber: z.string().regex(/^\d+$/),
    approximateArrivalOfFirstRecord: z.string(),
    approximateArrivalOfLastRecord: z.string(),
    batchSize: z.number().int(),
    streamArn: z.string(),
  }),
});
export type DeadLetterMessage = z.infer<typeof deadLetterMessage>;

/** A record as it stood on the stream, its data as UTF-8 text. */
const deadRecord = z.strictObject({
  sequence: z.string(),
  partition_key: z.string(),
  /** ISO 8601. */
  arrived_at: z.string(),
  data: z.string(),
});

/** What a consumer gave up on, kept with its records: one line of the lake. */
export const deadLetter = z.strictObject({
  /** The same message is the same dead letter, however often it is kept. */
  dead_letter_id: z.string(),
  /** The function that gave up. */
  consumer: z.string(),
  /** ISO 8601. */
  given_up_at: z.string(),
  /** `RetryAttemptsExhausted`, `RecordAgeExceeded`, …; `UnreadableMessage`: nobody's message. */
  condition: z.string(),
  /** How many records the consumer gave up on; `records` has those of other lanes between too. */
  named: z.number().int(),
  /** True where the stream had forgotten some or all of them. */
  expired: z.boolean(),
  records: z.array(deadRecord),
  /** As it stood in the queue. */
  message: z.string(),
});
export type DeadLetter = z.infer<typeof deadLetter>;

/** That a dead letter's records were put to their stream again. */
export const deadLetterRedrive = z.strictObject({
  dead_letter_id: z.string(),
  redriven_at: z.string(),
  records: z.number().int(),
});
