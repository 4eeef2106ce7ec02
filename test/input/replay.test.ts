import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { accountFor } from '../../local/accounting.ts';
import { findBadRows } from '../../local/find-bad-rows.ts';
import { type ImportPorts, importEvents } from '../../local/import-events.ts';
import { lakeFolder, openLake } from '../../local/lake.ts';
import { startPlatform } from '../../local/platform.ts';
import { type ReplaySummary, replay } from '../../local/replay.ts';
import { replayBadRows } from '../../shared/domain/bad-rows.ts';
import { closeDataDirectory, openDataDirectory } from '../../shared/embedded/data-directory.ts';
import { openDeliveryStream } from '../../shared/embedded/delivery-stream.ts';
import { openEventStream } from '../../shared/embedded/event-stream.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { DataDirectoryUnusable } from '../../shared/errors.ts';
import { visitorFromItem } from '../../shared/features/item.ts';
import { badRow } from '../../shared/schemas/bad-row.ts';
import { scoreResponse } from '../../shared/schemas/score.ts';
import { realEvents, sourceFile, temporaryFolder } from './source-files.ts';

vi.setConfig({ testTimeout: 60_000 }); // whole files, on a machine that may be busy

const unhurried = { speed: null, report: () => {} };

function expectExact({ source, accounting }: ReplaySummary) {
  const { accepted, refused, bad, processed, late, rejected, duplicate } = accounting;
  expect(accounting.exact).toBe(true);
  expect(processed + late + rejected + duplicate).toBe(accepted);
  expect(accepted + refused + bad).toBe(source.rows);
}

const START = Date.UTC(2015, 4, 3);
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();
const view = (visitor: string, seconds: number) => ({
  event_type: 'product_view',
  event_timestamp: at(seconds),
  anonymous_id: visitor,
  product_id: `p${seconds % 5}`,
  price: 10,
});
const linesOf = (events: readonly object[]) =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');

/** 450 events of 7 visitors, the last of each an addition to the cart. */
const traffic = [
  ...Array.from({ length: 443 }, (_, n) => view(`v${n % 7}`, n * 9)),
  ...Array.from({ length: 7 }, (_, n) => ({
    ...view(`v${n}`, 4000 + n),
    event_type: 'add_to_cart',
  })),
];

describe('a replay', () => {
  test('accounts for every row, whatever became of it', async () => {
    const events = [
      { ...view('a', 0), event_id: '1' },
      { ...view('a', 0), event_id: '1' },
      { ...view('a', 1), event_id: '2', price: -5 },
      { ...view('a', 2), event_type: 'wish' },
      { ...view('a', 3), product_id: 'p'.repeat(10_000) },
      { ...view('a', 4), received_at: at(4 - 301) },
      { ...view('a', 5), received_at: at(5 + 86_401) },
      { ...view('a', 6), query: 'x'.repeat(30_000) },
      {
        ...view('a', 7),
        page_url: `https://shop.example/${'ü'.repeat(30_000)}${'ü'.repeat(3000)}`,
      },
      view('b', 8),
    ];
    const path = sourceFile(`${linesOf(events)}{"price":1e999}\n{"event_ty`, 'events.jsonl');
    const summary = await replay('canonical', [path], { ...unhurried, dataDir: temporaryFolder() });
    expectExact(summary);
    expect(summary.accounting).toMatchObject({
      accepted: 7,
      refused: 3,
      bad: 2,
      processed: 2,
      late: 1,
      rejected: 3,
      duplicate: 1,
      visitors: { agreeing: 2, differing: 0, forgotten: 0 },
    });
  });

  test('leaves the features that an import leaves', async () => {
    const path = sourceFile(linesOf(traffic), 'events.jsonl');
    const [replayed, imported] = [temporaryFolder(), temporaryFolder()];
    expectExact(await replay('canonical', [path], { ...unhurried, dataDir: replayed }));
    await inDirectory(imported, () => importEvents('canonical', [path], importPorts()));
    const states = (dataDir: string) => inDirectory(dataDir, visitorStates);
    const [left, right] = [await states(replayed), await states(imported)];
    expect(left).toHaveLength(7);
    expect(left).toEqual(right);
  });

  test('that was stopped goes on where it was', async () => {
    const path = sourceFile(linesOf(traffic), 'events.jsonl');
    const dataDir = temporaryFolder();
    const stopping = replay('canonical', [path], {
      dataDir,
      speed: null,
      report: (rows) => {
        if (rows === 300) throw new Error('stopped');
      },
    });
    await expect(stopping).rejects.toThrow('stopped');
    const summary = await replay('canonical', [path], { ...unhurried, dataDir });
    expectExact(summary);
    expect(summary.sent).toBeLessThan(450);
    expect(summary.accounting).toMatchObject({ processed: 450, duplicate: 0 });
    const again = await replay('canonical', [path], { ...unhurried, dataDir });
    expect(again).toMatchObject({ sent: 0, accounting: summary.accounting });
  });

  test('that was killed loses nothing; what was under way comes twice and is a duplicate', async () => {
    const path = sourceFile(linesOf(traffic), 'events.jsonl');
    const dataDir = temporaryFolder();
    await killedReplay(path, dataDir);
    const { accounting } = await replay('canonical', [path], { ...unhurried, dataDir });
    expect(accounting).toMatchObject({ exact: true, processed: 450, late: 0, rejected: 0 });
    expect(accounting.duplicate).toBeLessThanOrEqual(100);
  });

  test('stands at its last moment when the platform starts on it again', async () => {
    const path = sourceFile(linesOf(traffic), 'events.jsonl');
    const dataDir = temporaryFolder();
    await replay('canonical', [path], { ...unhurried, dataDir });
    const platform = await startPlatform({ dataDir, port: 0 });
    try {
      const [inCart, stranger] = await Promise.all(
        ['v6', 'stranger'].map(async (anonymous_id) => {
          const response = await fetch(`${platform.url}/v1/propensity`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-api-key': platform.apiKey },
            body: JSON.stringify({ anonymous_id }),
          });
          return scoreResponse.parse(await response.json());
        }),
      );
      expect(inCart?.features_as_of).toBe(at(4006));
      expect(inCart?.propensity).toBeGreaterThan(stranger?.propensity as number);
    } finally {
      await platform.stop();
    }
  });

  test('takes its own directory only, and leaves others as they are', async () => {
    const path = sourceFile(linesOf([view('a', 0)]), 'events.jsonl');
    const live = temporaryFolder();
    await closeDataDirectory(openDataDirectory(live));
    const intoLive = replay('canonical', [path], { ...unhurried, dataDir: live });
    await expect(intoLive).rejects.toThrow(DataDirectoryUnusable);
    const dataDir = temporaryFolder();
    await replay('canonical', [path], { ...unhurried, dataDir });
    const other = sourceFile(linesOf([view('b', 0)]), 'events.jsonl');
    const intoOther = replay('canonical', [other], { ...unhurried, dataDir });
    await expect(intoOther).rejects.toThrow(/the replay of other files/);
  });

  test('of a real file is exact', async ({ skip }) => {
    const path = realEvents('retailrocket-sample');
    if (path === null) return skip('retailrocket-sample is not at hand');
    const dataDir = temporaryFolder();
    const summary = await replay('retailrocket', [path], { ...unhurried, dataDir });
    expectExact(summary);
    expect(summary.accounting).toMatchObject({
      accepted: 4145,
      processed: 4142,
      duplicate: 3,
      visitors: { agreeing: 842, differing: 0 },
    });
  });
});

test('a bad row whose cause was put right is replayed into the features, and stays accounted for', async () => {
  const events = [{ ...view('a', 0), event_type: 'wish' }, view('b', 1)];
  const path = sourceFile(linesOf(events), 'events.jsonl');
  const dataDir = temporaryFolder();
  const before = await replay('canonical', [path], { ...unhurried, dataDir });
  expect(before.accounting).toMatchObject({ processed: 1, rejected: 1, exact: true });
  const platform = await startPlatform({ dataDir, port: 0 });
  try {
    const again = await replayAll();
    await platform.drain();
    const still = await accountFor(lakeFolder(), openOnlineStore('OnlineTable'));
    expect(again).toMatchObject({ replayed: 1, unreplayable: [], failed: [] });
    expect(still).toMatchObject({ accepted: 2, processed: 1, rejected: 1, exact: true });

    await rejectedByOlderRules();
    await platform.drain();
    await replayAll();
    await platform.drain();
    const after = await accountFor(lakeFolder(), openOnlineStore('OnlineTable'));
    expect(after).toMatchObject({ accepted: 2, processed: 2, rejected: 0, exact: true });
  } finally {
    await platform.stop();
  }

  async function replayAll() {
    const rows = [];
    for await (const { row, replayed } of findBadRows(openLake())) if (!replayed) rows.push(row);
    return replayBadRows(rows, {
      rawEvents: openEventStream('RawEventsStream'),
      lake: openLake(),
      now: Date.now,
      retry: { attempts: 1, baseDelay: 0, random: Math.random, sleep },
    });
  }

  /** The row as it would stand there if only the rules that rejected it had been wrong. */
  async function rejectedByOlderRules() {
    const { value: latest } = await findBadRows(openLake()).next();
    const row = badRow.parse(latest?.row);
    const raw = JSON.parse(row.payload);
    const good = { ...raw, attempt: 5, event: { ...raw.event, event_type: 'product_view' } };
    const id = { bad_row_id: `${row.order_key}~5`, attempt: 5 };
    await openDeliveryStream('BadRowsDeliveryStream').putRecordBatch([
      JSON.stringify({ ...row, ...id, payload: JSON.stringify(good) }),
    ]);
  }
});

async function inDirectory<Result>(dataDir: string, work: () => Promise<Result>): Promise<Result> {
  process.env['FORESIGHT_DATA_DIR'] = dataDir;
  const directory = openDataDirectory(dataDir);
  try {
    return await work();
  } finally {
    await closeDataDirectory(directory);
  }
}

function importPorts(): ImportPorts {
  return {
    lake: openLake(),
    online: openOnlineStore('OnlineTable'),
    rules: {
      keyRing: { current: 'k1', keys: { k1: '11'.repeat(32) } },
      country: () => null,
      agent: () => ({ device: 'unknown', isBot: false }),
    },
    report: () => {},
  };
}

/** Without what names the way an event came: order keys, sequence numbers and their hashes. */
async function visitorStates() {
  const keys = Array.from({ length: 7 }, (_, n) => `visitor#v${n}`);
  const items = await openOnlineStore('OnlineTable').read(keys);
  return keys.map((key) => {
    const item = items.get(key);
    if (item === undefined) throw new Error(`no item ${key}`);
    const {
      orderKey: _,
      sequence: __,
      pendingSequence: ___,
      ring: ____,
      ...state
    } = visitorFromItem(item);
    return state;
  });
}

/** Runs the command and kills it without warning once it has sent something. */
async function killedReplay(path: string, dataDir: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const main = join(import.meta.dirname, '../../cli/main.ts');
  const child = spawn(process.execPath, [main, 'replay', 'canonical', path, '--data-dir', dataDir]);
  const watcher = watch(dataDir, (_, name) => {
    if (name !== 'replay.json') return;
    if (JSON.parse(readFileSync(join(dataDir, name), 'utf8')).rows > 0) child.kill('SIGKILL');
  });
  await once(child, 'exit');
  watcher.close();
  expect(child.signalCode).toBe('SIGKILL');
}
