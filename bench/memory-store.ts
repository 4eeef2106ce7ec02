import type { OnlineItem, OnlineStore } from '../shared/ports.ts';

export interface MemoryStore extends OnlineStore {
  readonly items: Map<string, OnlineItem>;
}

/** An online store that costs next to nothing: what is measured over it is our own work. */
export function openMemoryStore(): MemoryStore {
  const items = new Map<string, OnlineItem>();
  return {
    items,
    async read(keys) {
      const found = new Map<string, OnlineItem>();
      for (const key of keys) {
        const item = items.get(key);
        if (item !== undefined) found.set(key, item);
      }
      return found;
    },
    async write(item) {
      if ((items.get(item.key)?.version ?? 0) !== item.version - 1) return 'conflict';
      items.set(item.key, item);
      return 'written';
    },
  };
}
