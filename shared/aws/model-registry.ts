import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { StoreUnavailable, WriteConflict } from '../errors.ts';
import type { ModelRegistry, ModelStatus, RegistryEntry } from '../ports.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/** A DynamoDB table by its name, keyed by model name and version, an attribute a field. */
export function openModelRegistry(table: string): ModelRegistry {
  const client = new DynamoDBClient(callLimits({ attemptMs: 1000, attempts: 3 }));

  async function find(name: string, version: string): Promise<RegistryEntry | null> {
    const command = new GetItemCommand({
      TableName: table,
      Key: { name: { S: name }, version: { S: version } },
      ConsistentRead: true,
    });
    const { Item } = await call(`GetItem on ${table}`, StoreUnavailable, () =>
      client.send(command),
    );
    return Item ? entryOf(Item) : null;
  }

  /** @returns false where the version exists */
  async function putFirst(entry: RegistryEntry): Promise<boolean> {
    const command = new PutItemCommand({
      TableName: table,
      Item: Object.fromEntries(Object.entries(entry).map(([field, text]) => [field, { S: text }])),
      ConditionExpression: 'attribute_not_exists(version)',
    });
    return call(`PutItem on ${table}`, StoreUnavailable, async () => {
      try {
        await client.send(command);
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    });
  }

  return {
    find,

    async put(entry) {
      if (await putFirst(entry)) return;
      const registered = await find(entry.name, entry.version);
      if (registered?.manifestDigest !== entry.manifestDigest)
        throw new WriteConflict(
          `model ${entry.name} ${entry.version} is registered with manifest digest ${registered?.manifestDigest}, not ${entry.manifestDigest}: versions never change, register a new one`,
        );
    },

    async list(name) {
      const pages = paginateQuery(
        { client },
        {
          TableName: table,
          KeyConditionExpression: '#name = :name',
          ExpressionAttributeNames: { '#name': 'name' },
          ExpressionAttributeValues: { ':name': { S: name } },
          ConsistentRead: true,
        },
      );
      const entries: RegistryEntry[] = [];
      await call(`Query on ${table}`, StoreUnavailable, async () => {
        for await (const { Items = [] } of pages) entries.push(...Items.map(entryOf));
      });
      return entries.toSorted((left, right) => (left.registeredAt < right.registeredAt ? 1 : -1));
    },
  };
}

function entryOf(item: Record<string, AttributeValue>): RegistryEntry {
  const text = (field: keyof RegistryEntry) => item[field]?.S ?? '';
  return {
    name: text('name'),
    version: text('version'),
    status: text('status') as ModelStatus,
    manifestDigest: text('manifestDigest'),
    registeredAt: text('registeredAt'),
    registeredBy: text('registeredBy'),
    ...(item['reason']?.S !== undefined && { reason: item['reason'].S }),
  };
}
