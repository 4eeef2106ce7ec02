import { StoreUnavailable } from '../../shared/errors.ts';
import type { OnlineItem, OnlineStore } from '../../shared/ports.ts';

export class Crash extends Error {}

/**
 * What happens at a call: nothing, a typed failure before or (for writes) after it took effect, or
 * the end of the process before or after.
 */
export type Fault = 'none' | 'fails' | 'fails after' | 'crash' | 'crash after';

/** An online store in memory that is read and written in turns, and fails as it is told. */
export class FaultyOnlineStore implements OnlineStore {
  readonly items = new Map<string, OnlineItem>();
  readonly reads: (readonly string[])[] = [];
  readonly writes: string[] = [];
  readonly #nextFault: () => Fault;

  constructor(nextFault: () => Fault = () => 'none') {
    this.#nextFault = nextFault;
  }

  async read(keys: readonly string[]): Promise<ReadonlyMap<string, OnlineItem>> {
    if (keys.length > 100) throw new RangeError('at most 100 keys');
    const fault = this.#nextFault();
    await breath();
    raise(fault);
    this.reads.push(keys);
    const found = new Map<string, OnlineItem>();
    for (const key of keys) {
      const item = this.items.get(key);
      if (item !== undefined) found.set(key, item);
    }
    await breath();
    return found;
  }

  async write(item: OnlineItem): Promise<'written' | 'conflict'> {
    const fault = this.#nextFault();
    await breath();
    if (fault === 'fails' || fault === 'crash') raise(fault);
    if ((this.items.get(item.key)?.version ?? 0) !== item.version - 1) return 'conflict';
    this.items.set(item.key, item);
    this.writes.push(item.key);
    await breath();
    raise(fault);
    return 'written';
  }
}

function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function raise(fault: Fault): void {
  if (fault.startsWith('fails')) throw new StoreUnavailable('told to fail');
  if (fault.startsWith('crash')) throw new Crash('told to crash');
}
