import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { openApiKeyStore } from '../../shared/aws/api-key-store.ts';
import { apiKeyStoreContract } from '../contracts/api-key-store.ts';
import { withTable } from './dynamodb.ts';

withTable('ApiKeysTable');
apiKeyStoreContract(() => ({
  store: openApiKeyStore('ApiKeysTable'),
  async add(digest, { keyId, scopes, expiresAt }) {
    await new DynamoDBClient({}).send(
      new PutItemCommand({
        TableName: 'ApiKeysTable',
        Item: {
          digest: { S: digest },
          keyId: { S: keyId },
          scopes: { L: scopes.map((scope) => ({ S: scope })) },
          ...(expiresAt === null ? {} : { expiresAt: { N: String(expiresAt) } }),
        },
      }),
    );
  },
}));
