import { appendFileSync } from 'node:fs';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type ImportPorts, type ImportSummary, importEvents } from '../../local/import-events.ts';
import { readEvents } from '../../local/read-events.ts';
import { takeEvent } from '../../shared/domain/bulk-import.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { StoreUnavailable, UnreadableInput } from '../../shared/errors.ts';
import { visitorFromItem } from '../../shared/features/item.ts';
import { applyToVisitor, emptyVisitor } from '../../shared/features/visitor.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';
import { realEvents, sourceFile } from './source-files.ts';

vi.setConfig({ testTimeout: 60_000 }); // whole files, on a machine that may be busy

const directory = freshDataDirectory();
const rules: ImportPorts['rules'] = {
  keyRing: { current: 'k1', keys: { k1: '11'.repeat(32) } },
  country: () => null,
  agent: () => ({ device: 'unknown', isBot: false }),
};

/** A lake and a table of their own in the test's data directory. */
class Stores {
  static #made = 0;
  readonly #name = `Import${Stores.#made++}`;
  readonly lake = openObjectStore(`${this.#name}Lake`);
  readonly online = openOnlineStore(this.#name);

  ports(broken: Partial<ImportPorts> = {}): ImportPorts {
    return { lake: this.lake, online: this.online, rules, report: () => {}, ...broken };
  }

  /** The last item of the second batch cannot be written: the ones before it must not stay. */
  failWritesOfProgress(): ImportPorts {
    directory().database.exec(
      `CREATE TRIGGER full BEFORE UPDATE ON "table ${this.#name}" WHEN NEW.key LIKE 'import#%'
       BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`,
    );
    return this.ports();
  }

  repair(): void {
    directory().database.exec('DROP TRIGGER IF EXISTS full');
  }

  /** Every item and every object, bytes and all. */
  async contents() {
    const items = directory()
      .database.prepare(`SELECT key, state, applied FROM "table ${this.#name}" ORDER BY key`)
      .all();
    const objects: Record<string, string> = {};
    for await (const key of this.lake.list('')) {
      objects[key] = Buffer.from((await this.lake.get(key)) ?? []).toString();
    }
    return { items, objects };
  }

  async lines(table: string): Promise<Record<string, unknown>[]> {
    const { objects } = await this.contents();
    return Object.entries(objects)
      .filter(([key]) => key.startsWith(`bronze/${table}/`))
      .flatMap(([, text]) => text.trimEnd().split('\n'))
      .map((line) => JSON.parse(line));
  }
}

function expectExact(summary: ImportSummary) {
  const { rows, bad, refused, accepted, processed, late, rejected, duplicate } = summary;
  expect(accepted + refused + bad).toBe(rows);
  expect(processed + late + rejected + duplicate).toBe(accepted);
}

const HEADER = 'timestamp,visitorid,event,itemid';
const START = 1_430_000_000;
const row = (second: number, visitor: string, event = 'view', item = `p${second % 7}`) =>
  `${START + second},${visitor},${event},${item}`;
const fileOf = (rows: readonly string[]) => sourceFile([HEADER, ...rows, ''].join('\n'));

let stores: Stores;
beforeEach(() => {
  stores = new Stores();
});

describe('an import', () => {
  test('keeps every row: accepted ones in the lake and the items, the others as bad rows', async () => {
    const event = {
      event_timestamp: '2026-03-01T10:00:00.000Z',
      anonymous_id: 'a',
      product_id: 'p',
    };
    const view = { ...event, event_type: 'product_view' };
    const documents = [
      { ...view, event_id: '1' },
      { ...view, event_id: '1' },
      { ...view, event_id: '2', price: -5 },
      { ...view, event_id: '3', event_type: 'wish' },
      { ...view, event_id: '4', product_id: 'p'.repeat(10_000) },
      {
        ...view,
        event_id: '5',
        event_timestamp: '2026-03-01T11:00:00.000Z',
        received_at: '2026-03-01T10:00:00.000Z',
      },
      { ...view, event_id: '6', received_at: '2026-03-02T10:00:00.001Z' },
      { ...view, event_id: '7', price: 'free' },
      { ...view, event_id: '8', anonymous_id: null },
    ].map((document) => JSON.stringify(document));
    const path = sourceFile(
      [...documents, '{"event_type":"product_view","price":NaN}', '{"event_ty'].join('\n'),
      'events.jsonl',
    );
    const summary = await importEvents('canonical', [path], stores.ports());
    expectExact(summary);
    expect(summary).toMatchObject({
      rows: 11,
      bad: 2,
      refused: 3,
      accepted: 6,
      processed: 1,
      late: 1,
      rejected: 3,
      duplicate: 1,
    });
    expect(await stores.lines('raw_events')).toHaveLength(6);
    expect((await stores.lines('enriched_events')).map(({ event_id }) => event_id)).toEqual([
      '1',
      '1',
      '6',
    ]);
    const bad = await stores.lines('bad_rows');
    expect(bad.map(({ reason, field }) => [reason, field])).toEqual([
      ['invalid_price', 'price'],
      ['unknown_event_type', 'event_type'],
      ['refused', 'product_id'],
      ['future_timestamp', 'event_timestamp'],
      ['refused', 'price'],
      ['refused', 'anonymous_id'],
      ['invalid_json', null],
      ['invalid_json', null],
    ]);
    expect(bad.at(-1)?.['payload']).toBe('{"event_ty');
    expect(new Set(bad.map(({ bad_row_id }) => bad_row_id)).size).toBe(bad.length);
  });

  test('folds what the events alone would give, in order_key order', async () => {
    const rows = Array.from({ length: 700 }, (_, second) =>
      row(second * 13, `v${second % 3}`, second % 29 === 0 ? 'transaction' : 'view'),
    );
    const path = fileOf(rows);
    await importEvents('retailrocket', [path], stores.ports());
    const expected = new Map(['v0', 'v1', 'v2'].map((visitor) => [visitor, emptyVisitor()]));
    const source = await readEvents('retailrocket', [path]);
    for await (const read of source.rows) {
      if ('fault' in read) throw new Error(read.fault.message);
      const place = { digest: read.file.digest, row: read.sourceRow, at: read.at };
      const taken = takeEvent(read.event, place, rules);
      if ('refused' in taken || 'bad' in taken.enrichment) throw new Error('not taken');
      const { enriched } = taken.enrichment;
      applyToVisitor(expected.get(enriched.visitor) ?? emptyVisitor(), enriched, null);
    }
    const items = await stores.online.read([...expected.keys()].map((id) => `visitor#${id}`));
    for (const [visitor, state] of expected) {
      const item = items.get(`visitor#${visitor}`);
      if (item === undefined) throw new Error(`no item of ${visitor}`);
      expect(visitorFromItem(item)).toEqual(state);
    }
  });

  test('of the same content again changes nothing, also of visitors with more events than are remembered', async () => {
    const path = fileOf(Array.from({ length: 1200 }, (_, second) => row(second * 60, 'busy')));
    const first = await importEvents('retailrocket', [path], stores.ports());
    const before = await stores.contents();
    const copy = sourceFile(
      `${[HEADER, ...Array.from({ length: 1200 }, (_, second) => row(second * 60, 'busy'))].join('\n')}\n`,
      'copy.csv',
    );
    const again = await importEvents('retailrocket', [copy, path], stores.ports());
    expect(await stores.contents()).toEqual(before);
    expect(again).toMatchObject({ rows: 1200, accepted: 1200, processed: 1200, duplicate: 0 });
    expect(again.files.map(({ already_imported }) => already_imported)).toEqual([true, true]);
    expect(first.files.map(({ already_imported }) => already_imported)).toEqual([false]);
  });

  test('of several files is that of one with all their rows in order of time', async () => {
    const rows = Array.from({ length: 300 }, (_, second) => row(second * 600, `v${second % 5}`));
    const halves = [0, 1].map((half) => fileOf(rows.filter((_, index) => index % 2 === half)));
    const apart = await importEvents('retailrocket', halves, stores.ports());
    expect(apart).toMatchObject({ rows: 300, processed: 300, out_of_order: 0 });
    const together = new Stores();
    await importEvents('retailrocket', [fileOf(rows)], together.ports());
    const sessions = (items: Record<string, unknown>[]) =>
      items
        .filter(({ key }) => String(key).startsWith('visitor#'))
        .map(({ key, state }) => [key, JSON.parse(String(state)).s]);
    expect(sessions((await stores.contents()).items)).toEqual(
      sessions((await together.contents()).items),
    );
  });

  test('names what it imports by content: a file that has grown is another one', async () => {
    const path = fileOf([row(0, 'a')]);
    await importEvents('retailrocket', [path], stores.ports());
    appendFileSync(path, `${row(60, 'a')}\n`);
    const summary = await importEvents('retailrocket', [path], stores.ports());
    expect(summary).toMatchObject({ rows: 2, processed: 1, duplicate: 1 });
  });

  test('of a file that cannot be read changes nothing', async () => {
    const good = fileOf([row(0, 'a')]);
    const bad = sourceFile('timestamp,event\n1,view\n');
    await expect(importEvents('retailrocket', [good, bad], stores.ports())).rejects.toThrow(
      UnreadableInput,
    );
    expect(await stores.contents()).toEqual({ items: [], objects: {} });
  });
});

describe('an import that is interrupted', () => {
  const rows = Array.from({ length: 12_000 }, (_, second) =>
    row(second * 20, `v${second % 4}`, second % 50 === 49 ? 'transaction' : 'view'),
  );
  rows[5_500] = 'broken';

  test.each([
    ['in the middle of its writes of items', (whole: Stores) => whole.failWritesOfProgress()],
    [
      'while it reads items',
      (whole: Stores) => whole.ports({ online: failingAfter(whole.online, 'read', 4) }),
    ],
    [
      'while it writes the lake',
      (whole: Stores) => whole.ports({ lake: failingAfter(whole.lake, 'put', 1) }),
    ],
  ])('%s goes on where it was and ends as if nothing had happened', async (_, breaking) => {
    const path = fileOf(rows);
    const undisturbed = new Stores();
    const expected = await importEvents('retailrocket', [path], undisturbed.ports());
    const interrupted = importEvents('retailrocket', [path], breaking(stores));
    await expect(interrupted).rejects.toThrow(StoreUnavailable);
    stores.repair();
    const summary = await importEvents('retailrocket', [path], stores.ports());
    expect(summary).toEqual(expected);
    expectExact(summary);
    expect(await stores.contents()).toEqual(await undisturbed.contents());
  });
});

/** A store whose method fails from its nth call on. */
function failingAfter<Store extends object>(
  store: Store,
  method: keyof Store,
  calls: number,
): Store {
  let made = 0;
  return new Proxy(store, {
    get: (target, name) => {
      const value = Reflect.get(target, name);
      if (name !== method) return value;
      return (...input: unknown[]) => {
        if (made++ >= calls) return Promise.reject(new StoreUnavailable('the disk is full'));
        return Reflect.apply(value as () => unknown, target, input);
      };
    },
  });
}

describe('the real files', () => {
  test.for([
    ['retailrocket', 'retailrocket-sample', { rows: 4145, processed: 4142, duplicate: 3 }],
    ['rees46', 'rees46-2019-10-01', { rows: 12_950, processed: 12_947, duplicate: 3 }],
  ] as const)('%s %s are imported whole', async ([format, set, expected], { skip }) => {
    const path = realEvents(set);
    if (path === null) return skip(`${set} is not at hand`);
    const summary = await importEvents(format, [path], stores.ports());
    expectExact(summary);
    expect(summary).toMatchObject({
      ...expected,
      bad: 0,
      refused: 0,
      rejected: 0,
      late: 0,
      out_of_order: 0,
    });
  });
});
