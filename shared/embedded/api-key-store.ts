import type { ApiKeyRecord, ApiKeyStore } from '../ports.ts';
import { apiKeyTable } from './api-key-register.ts';

/** Keys by digest alone. */
export function openApiKeyStore(table: string): ApiKeyStore {
  const { database, name } = apiKeyTable(table);
  const select = database.prepare(`SELECT record FROM ${name} WHERE digest = ?`);
  return {
    async find(digest) {
      const row = select.get(digest);
      return row ? (JSON.parse(row['record'] as string) as ApiKeyRecord) : null;
    },
  };
}
