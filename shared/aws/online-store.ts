import { randomBytes } from 'node:crypto';
import {
  type AttributeValue,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { ItemTooLarge, StoreUnavailable } from '../errors.ts';
import type { OnlineItem, OnlineStore } from '../ports.ts';
import { backoff } from './backoff.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

type Attributes = Record<string, AttributeValue>;

const MAX_ITEM_BYTES = 64 * 1024;
/** Reads of what DynamoDB left unprocessed, after the first. */
const UNPROCESSED_RETRIES = 4;

/**
 * A DynamoDB table by its name. Attributes are one letter where they can be, for a write costs by
 * the kilobyte: `k` key, `v` version, `s` state, `a` applied, `w` the token of the write.
 */
export function openOnlineStore(table: string): OnlineStore {
  const client = new DynamoDBClient(callLimits({ attemptMs: 1000, attempts: 3 }));
  return {
    async read(keys, { consistent = false, signal } = {}) {
      const found = new Map<string, OnlineItem>();
      let pending: Attributes[] = keys.map((key) => ({ k: { S: key } }));
      await call(
        `BatchGetItem on ${table}`,
        StoreUnavailable,
        async (options) => {
          for (let retry = 0; pending.length > 0; retry++) {
            if (retry > UNPROCESSED_RETRIES)
              throw new Error(`${pending.length} of ${keys.length} keys are still unprocessed`);
            if (retry > 0) await backoff(retry, signal);
            const RequestItems = { [table]: { Keys: pending, ConsistentRead: consistent } };
            const answer = await client.send(new BatchGetItemCommand({ RequestItems }), options);
            for (const attributes of answer.Responses?.[table] ?? []) {
              const item = itemOf(attributes);
              found.set(item.key, item);
            }
            pending = answer.UnprocessedKeys?.[table]?.Keys ?? [];
          }
        },
        signal,
      );
      return found;
    },

    async write(item) {
      refuseOversized(item);
      const token = randomBytes(8);
      const command = new PutItemCommand({
        TableName: table,
        Item: { ...attributesOf(item), w: { B: token } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        ...(item.version === 1
          ? { ConditionExpression: 'attribute_not_exists(k)' }
          : {
              ConditionExpression: 'v = :stored',
              ExpressionAttributeValues: { ':stored': { N: String(item.version - 1) } },
            }),
      });
      return call(`PutItem on ${table}`, StoreUnavailable, async (options) => {
        try {
          await client.send(command, options);
          return 'written';
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
          // A put that the SDK sent again after a lost answer meets its own first attempt.
          const stored = error.Item?.['w']?.B;
          return stored && token.equals(stored) ? 'written' : 'conflict';
        }
      });
    },
  };
}

function attributesOf({ key, version, state, applied, expiresAt }: OnlineItem): Attributes {
  return {
    k: { S: key },
    v: { N: String(version) },
    s: { S: state },
    ...(applied === undefined ? {} : { a: { B: applied } }),
    ...(expiresAt === undefined ? {} : { expiresAt: { N: String(expiresAt) } }),
  };
}

function itemOf({ k, v, s, a, expiresAt }: Attributes): OnlineItem {
  return {
    key: k?.S ?? '',
    version: Number(v?.N),
    state: s?.S ?? '',
    ...(a?.B === undefined ? {} : { applied: a.B }),
    ...(expiresAt?.N === undefined ? {} : { expiresAt: Number(expiresAt.N) }),
  };
}

function refuseOversized({ key, state, applied }: OnlineItem): void {
  const bytes = Buffer.byteLength(key) + Buffer.byteLength(state) + (applied?.length ?? 0);
  if (bytes > MAX_ITEM_BYTES)
    throw new ItemTooLarge(`${key} would have ${bytes} bytes, at most ${MAX_ITEM_BYTES} are kept`);
}
