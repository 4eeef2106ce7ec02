import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { StoreUnavailable } from '../errors.ts';
import type { ApiKeyStore } from '../ports.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/**
 * A DynamoDB table by its name, one item a key: `digest` (hex SHA-256), `keyId`, `scopes` (a list
 * of texts), `expiresAt` (epoch milliseconds; absent: never). Expired keys stay: telling an expired
 * key from an unknown one is worth more than the bytes.
 */
export function openApiKeyStore(table: string): ApiKeyStore {
  const client = new DynamoDBClient(callLimits({ attemptMs: 1000, attempts: 3 }));
  return {
    async find(digest) {
      const command = new GetItemCommand({ TableName: table, Key: { digest: { S: digest } } });
      const { Item } = await call(`GetItem on ${table}`, StoreUnavailable, () =>
        client.send(command),
      );
      if (!Item) return null;
      const { keyId, scopes, expiresAt } = Item;
      return {
        keyId: keyId?.S ?? '',
        scopes: (scopes?.L ?? []).flatMap((scope) => scope.S ?? []),
        expiresAt: expiresAt?.N === undefined ? null : Number(expiresAt.N),
      };
    },
  };
}
