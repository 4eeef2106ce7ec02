/** One log is one shard. */
export const SHARD_ID = 'shardId-000000000000';

const DIGITS = 56;

/** 56 digits as Kinesis has them, so that the order of the text is the order of the records. */
export const sequenceNumber = (sequence: number) => String(sequence).padStart(DIGITS, '0');
