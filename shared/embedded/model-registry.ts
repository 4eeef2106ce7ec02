import type { SQLOutputValue } from 'node:sqlite';
import { WriteConflict } from '../errors.ts';
import type { ModelRegistry, RegistryEntry } from '../ports.ts';
import { dataDirectory, quoted } from './data-directory.ts';

export function openModelRegistry(table: string): ModelRegistry {
  const directory = dataDirectory();
  const { database } = directory;
  const name = quoted('table', table);
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${name} (
       name TEXT NOT NULL,
       version TEXT NOT NULL,
       registered_at TEXT NOT NULL,
       entry TEXT NOT NULL,
       PRIMARY KEY (name, version)
     )`,
  );
  const insert = database.prepare(
    `INSERT INTO ${name} (name, version, registered_at, entry) VALUES (?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const selectOne = database.prepare(`SELECT entry FROM ${name} WHERE name = ? AND version = ?`);
  const selectAll = database.prepare(
    `SELECT entry FROM ${name} WHERE name = ? ORDER BY registered_at DESC, version DESC`,
  );
  const find = (model: string, version: string) => {
    const row = selectOne.get(model, version);
    return row ? entryOf(row) : null;
  };

  return {
    async put(entry) {
      await directory.commit(() =>
        insert.run(entry.name, entry.version, entry.registeredAt, JSON.stringify(entry)),
      );
      const stored = find(entry.name, entry.version);
      if (stored?.manifestDigest === entry.manifestDigest) return;
      throw new WriteConflict(
        `${entry.name} ${entry.version} is registered with manifest ${stored?.manifestDigest}: register other content under another version`,
      );
    },
    async find(model, version) {
      return find(model, version);
    },
    async list(model) {
      return selectAll.all(model).map(entryOf);
    },
  };
}

function entryOf(row: Record<string, SQLOutputValue>): RegistryEntry {
  return JSON.parse(row['entry'] as string) as RegistryEntry;
}
