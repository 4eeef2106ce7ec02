import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, expect, test, vi } from 'vitest';
import { defaultProvider } from '../../shared/aws/credential-provider.ts';
import { withStubService } from './stub-service.ts';

const dynamodb = withStubService('DYNAMODB');
const command = new GetItemCommand({ TableName: 'online', Key: { k: { S: 'a' } } });

afterEach(() => vi.unstubAllEnvs());

test('signs each call with the credentials that the environment has then', async () => {
  dynamodb.answer = () => ({ body: {} });
  const client = new DynamoDBClient({ credentialDefaultProvider: defaultProvider });
  for (const turn of ['FIRST', 'SECOND']) {
    vi.stubEnv('AWS_ACCESS_KEY_ID', `AKID${turn}`);
    vi.stubEnv('AWS_SESSION_TOKEN', `token-${turn}`);
    await client.send(command);
  }
  expect(dynamodb.requests.map(({ accessKey, sessionToken }) => [accessKey, sessionToken])).toEqual(
    [
      ['AKIDFIRST', 'token-FIRST'],
      ['AKIDSECOND', 'token-SECOND'],
    ],
  );
});

test('says which variable is missing', async () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
  const client = new DynamoDBClient({ credentialDefaultProvider: defaultProvider });
  await expect(client.send(command)).rejects.toMatchObject({
    name: 'InvalidEnvironment',
    message: expect.stringContaining('AWS_SECRET_ACCESS_KEY'),
  });
});
