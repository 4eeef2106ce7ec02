import { createHash } from 'node:crypto';
import type {
  Clock,
  DeadLetterQueue,
  Notices,
  ObjectStore,
  QueuedMessage,
  StreamedRecord,
  StreamReader,
} from '../ports.ts';
import {
  type DeadLetter,
  type DeadLetterMessage,
  deadLetterMessage,
} from '../schemas/dead-letter.ts';

/** Where the lake keeps dead letters, in a folder a consumer and day. */
export const DEAD_LETTERS = 'dead_letters/';

/** Messages of a queue taken in one run, so that it ends in time; the next run takes the rest. */
const MAX_MESSAGES = 200;
/** Dead letters that a notice names one by one. */
const MAX_NAMED = 20;

/** A stream's consumer, the queue of what it gave up on, and the stream where the records stand. */
export interface WatchedConsumer {
  readonly consumer: string;
  readonly queue: DeadLetterQueue;
  readonly stream: StreamReader;
}

export interface KeptDeadLetters {
  readonly kept: readonly DeadLetter[];
  /** Why messages stay in their queues until the next run. */
  readonly errors: readonly Error[];
}

/**
 * Keeps what consumers gave up on: reads the records that each message names while the stream still
 * has them, writes them to the lake, tells people once, and deletes the messages last. Whatever
 * fails before that is done again: the same message is the same object of the lake.
 * @throws ServiceUnavailable when the notice could not be published: all messages come again
 */
export async function keepDeadLetters(
  consumers: readonly WatchedConsumer[],
  deps: {
    readonly lake: ObjectStore;
    readonly notices: Notices<'medium'>;
    readonly clock: Clock;
  },
): Promise<KeptDeadLetters> {
  const kept: DeadLetter[] = [];
  const errors: Error[] = [];
  const done: (() => Promise<void>)[] = [];
  /** A queue or a message that fails holds up no other. */
  const attempt = (work: () => Promise<void>) =>
    work().catch((error: unknown) => {
      errors.push(error as Error);
    });
  for (const watched of consumers) {
    await attempt(async () => {
      for await (const message of messagesOf(watched.queue)) {
        await attempt(async () => {
          const letter = await letterOf(watched, message, deps.clock.now());
          await deps.lake.put(deadLetterKey(letter), lineOf(letter));
          kept.push(letter);
          done.push(() => watched.queue.delete(message.receipt));
        });
      }
    });
  }
  if (kept.length > 0) await deps.notices.publish({ severity: 'medium', ...noticeOf(kept) });
  for (const deleteMessage of done) await deleteMessage();
  return { kept, errors };
}

async function* messagesOf(queue: DeadLetterQueue): AsyncGenerator<QueuedMessage> {
  for (let taken = 0; taken < MAX_MESSAGES; ) {
    const messages = await queue.receive();
    if (messages.length === 0) return;
    yield* messages;
    taken += messages.length;
  }
}

async function letterOf(
  { consumer, stream }: WatchedConsumer,
  { body }: QueuedMessage,
  now: number,
): Promise<DeadLetter> {
  const common = {
    dead_letter_id: createHash('sha256').update(`${consumer} ${body}`).digest('hex').slice(0, 16),
    consumer,
    message: body,
  };
  const parsed = messageIn(body);
  if (parsed === null) {
    return {
      ...common,
      given_up_at: new Date(now).toISOString(),
      condition: 'UnreadableMessage',
      named: 0,
      expired: false,
      records: [],
    };
  }
  const { startSequenceNumber: first, batchSize } = parsed.KinesisBatchInfo;
  const records = await recordsNamedBy(parsed, stream);
  return {
    ...common,
    given_up_at: parsed.timestamp,
    condition: parsed.requestContext.condition,
    named: batchSize,
    expired: records[0]?.sequence !== first,
    records: records.map(({ sequence, partitionKey, arrivedAt, data }) => ({
      sequence,
      partition_key: partitionKey,
      arrived_at: new Date(arrivedAt).toISOString(),
      data,
    })),
  };
}

function messageIn(body: string): DeadLetterMessage | null {
  try {
    return deadLetterMessage.safeParse(JSON.parse(body)).data ?? null;
  } catch {
    return null; // no JSON, hence no message of Lambda's: it is kept as it is
  }
}

async function recordsNamedBy(
  { KinesisBatchInfo }: DeadLetterMessage,
  stream: StreamReader,
): Promise<StreamedRecord[]> {
  const { shardId, startSequenceNumber, endSequenceNumber } = KinesisBatchInfo;
  // A shard that was split or merged away is forgotten with the last of its records.
  if (!(await stream.shards()).includes(shardId)) return [];
  const last = BigInt(endSequenceNumber);
  const records: StreamedRecord[] = [];
  for await (const record of stream.read(shardId, startSequenceNumber)) {
    const sequence = BigInt(record.sequence);
    if (sequence <= last) records.push(record);
    if (sequence >= last) break;
  }
  return records;
}

/** The day is the message's own, so that keeping it again overwrites. */
function deadLetterKey({ consumer, given_up_at, dead_letter_id }: DeadLetter): string {
  return `${DEAD_LETTERS}${consumer}/dt=${given_up_at.slice(0, 10)}/${dead_letter_id}.jsonl`;
}

function lineOf(letter: DeadLetter): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(letter)}\n`);
}

/** For people: what happened, where it is now, what to do. Nothing of the records themselves. */
function noticeOf(letters: readonly DeadLetter[]): { subject: string; body: string } {
  const consumers = [...new Set(letters.map(({ consumer }) => consumer))];
  const records = letters.reduce((sum, { named }) => sum + named, 0);
  const lines = letters.slice(0, MAX_NAMED).map(sentenceOf);
  if (letters.length > MAX_NAMED) lines.push(`… and ${letters.length - MAX_NAMED} more.`);
  return {
    subject: `Foresight: ${consumers.join(' and ')} gave up on ${counted(records, 'record')}`,
    body: [
      ...lines,
      '',
      `They are kept in the lake under ${DEAD_LETTERS}. Find the cause in the log of the consumer,`,
      'put it right, then put the records on their stream again:',
      `  foresight dead-letters redrive ${letters.length === 1 ? letters[0]?.dead_letter_id : '--all'}`,
    ].join('\n'),
  };
}

function sentenceOf(letter: DeadLetter): string {
  const { dead_letter_id, consumer, given_up_at, condition, named, expired, records } = letter;
  if (condition === 'UnreadableMessage')
    return `${dead_letter_id}: the queue of ${consumer} held a message that is not Lambda's; it is kept as it was.`;
  const what = `${dead_letter_id}: ${consumer} gave up on ${counted(named, 'record')} at ${given_up_at} (${condition})`;
  if (!expired) return `${what}.`;
  const rest = records.length === 0 ? 'all of them' : 'some of them';
  return `${what}. The stream had forgotten ${rest}: look for them in the lake's bronze.`;
}

const counted = (count: number, thing: string) => `${count} ${thing}${count === 1 ? '' : 's'}`;
