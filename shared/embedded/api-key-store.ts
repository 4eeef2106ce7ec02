import type { ApiKeyRecord, ApiKeyStore } from '../ports.ts';
import { dataDirectory, quoted } from './data-directory.ts';

export interface EmbeddedApiKeyStore extends ApiKeyStore {
  /** @param digest hex SHA-256 of the key; the key itself is never stored here */
  add(digest: string, record: ApiKeyRecord): Promise<void>;
}

export function openApiKeyStore(table: string): EmbeddedApiKeyStore {
  const directory = dataDirectory();
  const { database } = directory;
  const name = quoted('table', table);
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${name} (digest TEXT PRIMARY KEY, record TEXT NOT NULL)`,
  );
  const select = database.prepare(`SELECT record FROM ${name} WHERE digest = ?`);
  const upsert = database.prepare(`INSERT OR REPLACE INTO ${name} (digest, record) VALUES (?, ?)`);
  return {
    async find(digest) {
      const row = select.get(digest);
      return row ? (JSON.parse(row['record'] as string) as ApiKeyRecord) : null;
    },
    async add(digest, record) {
      await directory.commit(() => upsert.run(digest, JSON.stringify(record)));
    },
  };
}
