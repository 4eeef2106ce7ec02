import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import {
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { afterAll, beforeAll } from 'vitest';
import { parse } from 'yaml';
import type { ApiKeyRecord } from '../../shared/ports.ts';
import { close, redirectTo } from './aws-environment.ts';

const { Resources } = parse(readFileSync('resources/tables.yml', 'utf8')) as {
  Resources: Record<string, { Properties: CreateTableCommandInput }>;
};

/** An emulated DynamoDB with the stack's own tables of these logical ids, under the same names. */
export function withTables(...logicalIds: readonly string[]): void {
  let server: Server;

  beforeAll(async () => {
    server = dynalite({ createTableMs: 0 });
    await redirectTo('DYNAMODB', server);
    for (const TableName of logicalIds) {
      const { AttributeDefinitions, KeySchema, BillingMode } =
        Resources[TableName]?.Properties ?? {};
      await new DynamoDBClient({}).send(
        new CreateTableCommand({ TableName, AttributeDefinitions, KeySchema, BillingMode }),
      );
    }
  });

  afterAll(() => close(server));
}

/** Writes a key as the owner of a stack does (docs/deploy.md). */
export async function addApiKey(digest: string, record: ApiKeyRecord): Promise<void> {
  const { keyId, scopes, expiresAt } = record;
  const Item: Record<string, AttributeValue> = {
    digest: { S: digest },
    keyId: { S: keyId },
    scopes: { L: scopes.map((scope) => ({ S: scope })) },
    ...(expiresAt === null ? {} : { expiresAt: { N: String(expiresAt) } }),
  };
  await new DynamoDBClient({}).send(new PutItemCommand({ TableName: 'ApiKeysTable', Item }));
}
