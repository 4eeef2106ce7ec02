import type { ApiKeyRecord, ApiKeyRegister } from '../ports.ts';
import { dataDirectory, quoted } from './data-directory.ts';

/** A table of SQLite; a running platform sees a change with the next request. */
export function openApiKeyRegister(table: string): ApiKeyRegister {
  const { database, commit, name } = apiKeyTable(table);
  const upsert = database.prepare(`INSERT OR REPLACE INTO ${name} (digest, record) VALUES (?, ?)`);
  const all = database.prepare(
    `SELECT digest, record FROM ${name} ORDER BY record ->> 'keyId', digest`,
  );
  const remove = database.prepare(`DELETE FROM ${name} WHERE digest = ?`);
  return {
    async put({ digest, keyId, scopes, expiresAt }) {
      const record = JSON.stringify({ keyId, scopes, expiresAt } satisfies ApiKeyRecord);
      await commit(() => upsert.run(digest, record));
    },
    async list() {
      return all.all().map(({ digest, record }) => ({
        digest: digest as string,
        ...(JSON.parse(record as string) as ApiKeyRecord),
      }));
    },
    async remove(digest) {
      await commit(() => remove.run(digest));
    },
  };
}

/** The table that both sides of a key share, made where it is missing. */
export function apiKeyTable(table: string) {
  const { database, commit } = dataDirectory();
  const name = quoted('table', table);
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${name} (digest TEXT PRIMARY KEY, record TEXT NOT NULL)`,
  );
  return { database, commit, name };
}
