import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { StoreUnavailable } from '../errors.ts';
import type { ApiKeyRegister, RegisteredApiKey } from '../ports.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/** The owner's side of the table that `api-key-store.ts` reads. */
export function openApiKeyRegister(table: string): ApiKeyRegister {
  const client = new DynamoDBClient(callLimits({ attemptMs: 3000, attempts: 3 }));
  return {
    async put(key) {
      const command = new PutItemCommand({ TableName: table, Item: attributesOf(key) });
      await call(`PutItem on ${table}`, StoreUnavailable, () => client.send(command));
    },
    async list() {
      const keys: RegisteredApiKey[] = [];
      let start: Record<string, AttributeValue> | undefined;
      do {
        const command = new ScanCommand({ TableName: table, ExclusiveStartKey: start });
        const { Items = [], LastEvaluatedKey } = await call(
          `Scan of ${table}`,
          StoreUnavailable,
          () => client.send(command),
        );
        keys.push(...Items.map(keyOf));
        start = LastEvaluatedKey;
      } while (start !== undefined);
      return keys.sort((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
    },
    async remove(digest) {
      const command = new DeleteItemCommand({ TableName: table, Key: { digest: { S: digest } } });
      await call(`DeleteItem on ${table}`, StoreUnavailable, () => client.send(command));
    },
  };
}

const orderOf = ({ keyId, digest }: RegisteredApiKey) => `${keyId}\0${digest}`;

function attributesOf({ digest, keyId, scopes, expiresAt }: RegisteredApiKey) {
  return {
    digest: { S: digest },
    keyId: { S: keyId },
    scopes: { L: scopes.map((scope) => ({ S: scope })) },
    ...(expiresAt === null ? {} : { expiresAt: { N: String(expiresAt) } }),
  };
}

function keyOf({ digest, keyId, scopes, expiresAt }: Record<string, AttributeValue>) {
  return {
    digest: digest?.S ?? '',
    keyId: keyId?.S ?? '',
    scopes: (scopes?.L ?? []).flatMap((scope) => scope.S ?? []),
    expiresAt: expiresAt?.N === undefined ? null : Number(expiresAt.N),
  };
}
