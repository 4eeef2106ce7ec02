import type { DeadLetterQueue } from '../ports.ts';
import { asService } from './as-service.ts';
import { type DataDirectory, dataDirectory, quoted } from './data-directory.ts';

export interface EmbeddedDeadLetterQueue extends DeadLetterQueue {
  /** To be called within a transaction of the directory. */
  send(body: string): void;
  /** Bodies of what nobody has deleted, the oldest first. */
  messages(): readonly string[];
  size(): number;
}

const AT_ONCE = 10;
const HIDDEN_MS = 300_000;

/** Until when a message is hidden, by queue: whoever held one is gone with its process. */
const hidden = new WeakMap<DataDirectory, Map<string, number>>();

export function openDeadLetterQueue(queue: string): EmbeddedDeadLetterQueue {
  const directory = dataDirectory();
  const { database } = directory;
  const table = quoted('queue', queue);
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${table} (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)`,
  );
  const insert = database.prepare(`INSERT INTO ${table} (body) VALUES (?)`);
  const select = database.prepare(`SELECT id, body FROM ${table} ORDER BY id`);
  const remove = database.prepare(`DELETE FROM ${table} WHERE id = ?`);
  const count = database.prepare(`SELECT count(*) AS messages FROM ${table}`);
  const hiddenUntil = hidden.get(directory) ?? new Map<string, number>();
  hidden.set(directory, hiddenUntil);

  return {
    async receive() {
      const now = Date.now();
      const messages = [];
      for (const { id, body } of select.iterate()) {
        const receipt = `${queue}/${id}`;
        if ((hiddenUntil.get(receipt) ?? 0) > now) continue;
        hiddenUntil.set(receipt, now + HIDDEN_MS);
        messages.push({ id: String(id), body: body as string, receipt });
        if (messages.length === AT_ONCE) break;
      }
      return messages;
    },
    async delete(receipt) {
      const id = Number(receipt.slice(queue.length + 1));
      await asService(() => directory.commit(() => remove.run(id)));
      hiddenUntil.delete(receipt);
    },
    send: (body) => {
      insert.run(body);
    },
    messages: () => select.all().map(({ body }) => body as string),
    size: () => count.get()?.['messages'] as number,
  };
}
