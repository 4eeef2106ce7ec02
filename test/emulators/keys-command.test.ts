import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openApiKeyStore } from '../../shared/aws/api-key-store.ts';
import { keyDigest } from '../../shared/domain/authorize.ts';
import { close, redirectTo } from './aws-environment.ts';
import { withTables } from './dynamodb.ts';

withTables('ApiKeysTable');

let cloudFormation: Server;
const asked: string[] = [];

/** CloudFormation speaks XML: what it answers of a stack with two outputs. */
const stacks = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
  <StackName>foresight-dev</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>
  <CreationTime>2026-01-01T00:00:00Z</CreationTime><Outputs>
  <member><OutputKey>ApiKeysTable</OutputKey><OutputValue>ApiKeysTable</OutputValue></member>
  <member><OutputKey>PseudonymSecret</OutputKey><OutputValue>pseudonyms</OutputValue></member>
  </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;

beforeAll(async () => {
  cloudFormation = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push(new URLSearchParams(body).get('StackName') ?? '');
    response.writeHead(200, { 'content-type': 'text/xml' }).end(stacks);
  });
  await redirectTo('CLOUDFORMATION', cloudFormation);
});

afterAll(() => close(cloudFormation));

async function keys(...words: string[]) {
  const main = join(import.meta.dirname, '../../cli/main.ts');
  const deployed = ['--stage', 'dev', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    'keys',
    ...words,
    ...deployed,
  ]);
  return JSON.parse(stdout);
}

test('a key of a deployed stage is made, rotated and revoked in the table of its stack', async () => {
  const store = openApiKeyStore('ApiKeysTable');
  const found = (key: string) => store.find(keyDigest(key));
  const first = await keys('create', 'shop', '--scopes', 'collect,score');
  expect(await found(first.key)).toEqual({
    keyId: 'shop',
    scopes: ['collect', 'score'],
    expiresAt: null,
  });
  const second = await keys('rotate', 'shop', '--grace', '1');
  expect(await found(second.key)).toMatchObject({ keyId: 'shop', expiresAt: null });
  expect((await found(first.key))?.expiresAt).toBe(Date.parse(second.old_until));
  expect(await keys('revoke', 'shop')).toEqual({ key_id: 'shop', revoked: 2 });
  expect(await keys('list')).toEqual([]);
  expect(new Set(asked)).toEqual(new Set(['foresight-dev']));
});
