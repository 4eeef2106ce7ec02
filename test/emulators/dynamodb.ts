import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { afterAll, beforeAll } from 'vitest';
import { parse } from 'yaml';
import { close, redirectTo } from './aws-environment.ts';

const { Resources } = parse(readFileSync('resources/tables.yml', 'utf8')) as {
  Resources: Record<string, { Properties: CreateTableCommandInput }>;
};

/** An emulated DynamoDB with the stack's own table of this logical id, under the same name. */
export function withTable(logicalId: string): void {
  let server: Server;

  beforeAll(async () => {
    server = dynalite({ createTableMs: 0 });
    await redirectTo('DYNAMODB', server);
    const { AttributeDefinitions, KeySchema, BillingMode } = Resources[logicalId]?.Properties ?? {};
    await new DynamoDBClient({}).send(
      new CreateTableCommand({
        TableName: logicalId,
        AttributeDefinitions,
        KeySchema,
        BillingMode,
      }),
    );
  });

  afterAll(() => close(server));
}
