import { describe, expect, test } from 'vitest';
import { openCheckpoints } from '../../local/checkpoints.ts';
import { type DeliveryPorts, startDelivery } from '../../local/delivery.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { openStreamLog } from '../../shared/embedded/stream-log.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';

const directory = freshDataDirectory();
let names = 0;

/** A delivery of its own, started as often as asked; it writes only when it is told to. */
function setUp(changes: Partial<DeliveryPorts> = {}) {
  const name = `Delivery${names++}`;
  const delivery = { name, stream: null, bucket: 'Lake', folder: `bronze/${name}/` };
  const log = openStreamLog(directory(), name);
  const lake = openObjectStore('Lake');
  const reports: unknown[] = [];
  const put = (...records: object[]) =>
    log.append(records.map((record) => ({ partitionKey: '', data: JSON.stringify(record) })));
  const start = () =>
    startDelivery(delivery, {
      directory: directory(),
      log,
      checkpoints: openCheckpoints(directory()),
      lake,
      report: (error) => reports.push(error),
      now: Date.now,
      sleep: (_milliseconds, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      ...changes,
    });
  async function files() {
    const found: Record<string, unknown[]> = {};
    for await (const key of lake.list(delivery.folder)) {
      const lines = Buffer.from((await lake.get(key)) ?? [])
        .toString()
        .split('\n');
      expect(lines.pop()).toBe(''); // each line is ended
      found[key.slice(delivery.folder.length)] = lines.map((line) => JSON.parse(line));
    }
    return found;
  }
  return { log, lake, put, start, files, reports };
}

const file = (day: string, sequence: number) =>
  `dt=${day}/${String(sequence).padStart(56, '0')}.jsonl`;
const raw = (day: string, n: number) => ({ received_at: `${day}T23:59:59.999Z`, n });

describe('delivery to the lake', () => {
  test.each(['received_at', 'decided_at', 'rejected_at'])(
    'takes the day from %s',
    async (field) => {
      const { put, start, files } = setUp();
      const records = [
        { n: 1, [field]: '2015-05-01T23:59:59.999Z' },
        { n: 2, [field]: '2015-05-02T00:00:00.000Z' },
        { n: 3, [field]: '2015-05-01T00:00:00.000Z' },
      ];
      await put(...records);
      const writer = await start();
      await writer.flush();
      await writer.stop();
      expect(await files()).toEqual({
        [file('2015-05-01', 1)]: [records[0], records[2]],
        [file('2015-05-02', 2)]: [records[1]],
      });
    },
  );

  test('is not deceived by a text that looks like a time of its own', async () => {
    const { put, start, files } = setUp();
    const record = {
      payload: '{"received_at":"1999-01-01T00:00:00.000Z"}',
      rejected_at: '2026-01-01T00:00:00.000Z',
    };
    await put(record);
    const writer = await start();
    await writer.stop();
    expect(await files()).toEqual({ [file('2026-01-01', 1)]: [record] });
  });

  test('takes the day of arrival where a record says nothing', async () => {
    const { log, start, files } = setUp();
    await log.append([{ partitionKey: '', data: '"no object"' }]);
    const writer = await start();
    await writer.stop();
    const [record] = log.read(0, 1);
    const today = new Date(record?.arrivedAt ?? 0).toISOString().slice(0, 10);
    expect(await files()).toEqual({ [file(today, 1)]: ['no object'] });
  });

  test('lets a file grow until it is sealed, then begins another', async () => {
    let now = 0;
    const { put, start, files } = setUp({ now: () => now });
    const writer = await start();
    await put(raw('2026-01-01', 1));
    await writer.flush();
    await put(raw('2026-01-01', 2));
    await writer.flush();
    expect(writer.sealed()).toBe(0);
    now = 6 * 60_000;
    await put(raw('2026-01-01', 3));
    await writer.flush();
    expect(writer.sealed()).toBe(3);
    await put(raw('2026-01-01', 4));
    await writer.flush();
    await writer.stop();
    expect(await files()).toEqual({
      [file('2026-01-01', 1)]: [1, 2, 3].map((n) => raw('2026-01-01', n)),
      [file('2026-01-01', 4)]: [raw('2026-01-01', 4)],
    });
  });

  test('cuts files of about a megabyte', async () => {
    const { put, start, files } = setUp();
    const large = Array.from({ length: 25 }, (_, n) => ({
      ...raw('2026-01-01', n),
      text: 'x'.repeat(100_000),
    }));
    await put(...large);
    const writer = await start();
    await writer.flush();
    await writer.stop();
    expect(Object.values(await files()).map((lines) => lines.length)).toEqual([10, 10, 5]);
  });

  test('repeats nothing after a restart', async () => {
    const { put, start, files } = setUp();
    const first = await start();
    await put(raw('2026-01-01', 1), raw('2026-01-02', 2));
    await first.flush();
    // No stop: as if killed here, with the files written and no checkpoint.
    await put(raw('2026-01-01', 3));
    const second = await start();
    await second.flush();
    await second.stop();
    expect(await files()).toEqual({
      [file('2026-01-01', 1)]: [raw('2026-01-01', 1), raw('2026-01-01', 3)],
      [file('2026-01-02', 2)]: [raw('2026-01-02', 2)],
    });
  });

  test('keeps what cannot be written and writes it later', async () => {
    const lake = openObjectStore('Lake');
    let full = true;
    const { put, start, files, reports } = setUp({
      lake: {
        ...lake,
        put: async (key, body) => {
          if (full) throw new Error('the disk is full');
          return lake.put(key, body);
        },
      },
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
    });
    const writer = await start();
    await put(raw('2026-01-01', 1));
    await expect.poll(() => reports.length).toBeGreaterThan(1);
    full = false;
    await writer.flush();
    await writer.stop();
    expect(await files()).toEqual({ [file('2026-01-01', 1)]: [raw('2026-01-01', 1)] });
  });

  test('writes by itself soon after a record came', async () => {
    const { put, start, files } = setUp({
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
    });
    const writer = await start();
    await put(raw('2026-01-01', 1));
    await expect.poll(async () => Object.keys(await files())).toEqual([file('2026-01-01', 1)]);
    await writer.stop();
  });
});
