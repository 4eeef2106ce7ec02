import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { refreshSilver } from '../../local/silver.ts';
import { productView } from '../../shared/features/product-view.ts';
import { userView } from '../../shared/features/user-view.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { enrichedEvent } from '../enriched-event.ts';
import { openTestLake, snapshotOf, type TestLake } from './lake.ts';

vi.setConfig({ testTimeout: 30_000 }); // starts processes or DuckDB, on a machine that may be busy

const NOON = Date.UTC(2026, 4, 6, 12);
const HOUR = 3_600_000;

let lake: TestLake;
beforeEach(async () => {
  lake = await openTestLake();
});
afterEach(() => lake.close());

const view = (changes: Partial<EnrichedEvent> & { at?: number } = {}) =>
  enrichedEvent({ at: NOON, product_id: 'p', user_id: 'u', ...changes });
const refresh = (day: string) =>
  refreshSilver(lake.duckdb.connection, lake.folder, Date.parse(day), () => undefined);
const views = async (day: string) =>
  (await snapshotOf(lake, productView, day)).get('p')?.['view_count_30d'];

/** Every file of silver and gold by its path, so that "nothing changed" means no byte did. */
function bytesOf(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith('.parquet'),
  );
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path, readFileSync(path).toString('base64')];
    }),
  );
}

describe('clean events', () => {
  test('each once, without bots, and every line is accounted for', async () => {
    const first = view();
    const retried = { ...first, order_key: `${first.order_key}~again` };
    lake.deliver([first, first, retried, view({ is_bot: true }), view({ visitor: 'w' })]);
    expect(await refresh('2026-05-07')).toMatchObject({
      lines: 5,
      events: 2,
      bots: 1,
      duplicates: 2,
    });
    expect(await views('2026-05-07')).toBe(2);
  });

  test('a repeat on the day after counts once', async () => {
    const first = view();
    const received_at = new Date(NOON + 20 * HOUR).toISOString();
    lake.deliver([first, { ...first, received_at, order_key: `${received_at}~r` }]);
    expect(await views('2026-05-08')).toBe(1);
  });

  test('two visitors may use the same event id', async () => {
    lake.deliver([view({ event_id: 'e' }), view({ event_id: 'e', visitor: 'w' })]);
    expect(await views('2026-05-07')).toBe(2);
  });

  test('what is delivered into the folder of the next day belongs to the day it was received', async () => {
    lake.deliver([view()]);
    lake.deliver([view({ at: NOON + 11 * HOUR })], '2026-05-07');
    expect(await views('2026-05-07')).toBe(2);
  });

  test('a late event lands in the snapshot after its receipt, and moves no earlier one', async () => {
    lake.deliver([view()]);
    expect(await views('2026-05-07')).toBe(1);
    const before = bytesOf(join(lake.folder, 'gold'));
    lake.deliver([view({ received_at: new Date(NOON + 72 * HOUR).toISOString() })]);
    expect(await views('2026-05-07')).toBe(1);
    expect(bytesOf(join(lake.folder, 'gold'))).toEqual(before);
    expect(await views('2026-05-10')).toBe(2);
  });

  test('a visitor keeps its link from day to day, and links nothing backwards', async () => {
    const shopper = { visitor: 'device', user_id: null, event_type: 'add_to_cart' } as const;
    lake.deliver([
      view({ ...shopper, at: NOON - HOUR }),
      view({ ...shopper, user_id: 'anna', event_type: 'identify' }),
      view({ ...shopper, at: NOON + 48 * HOUR }),
    ]);
    const anna = (await snapshotOf(lake, userView, '2026-05-09')).get('anna');
    expect(anna).toMatchObject({ add_to_cart_count_90d: 1, total_sessions_90d: 2 });
  });
});

describe('orders', () => {
  const bought = (changes: Partial<EnrichedEvent> & { at?: number }) =>
    view({ event_type: 'purchase', order_id: 'o', price: 0.1, currency: 'EUR', ...changes });
  const orders = async (columns: string) => {
    await refresh('2026-05-09');
    const read = await lake.duckdb.connection.runAndReadAll(
      `SELECT ${columns} FROM read_parquet('${lake.folder}/silver/orders/*/*.parquet') ORDER BY ALL`,
    );
    return read.getRowsJson();
  };

  test('are the lines of one id, what was sent back taken off, each day by itself', async () => {
    lake.deliver([
      bought({ quantity: 3 }),
      bought({ price: 0.2, at: NOON + HOUR }),
      bought({ price: null }),
      bought({ event_type: 'refund', at: NOON + 2 * HOUR }),
      bought({ event_type: 'refund', price: 0.2, at: NOON + 30 * HOUR }),
      bought({ currency: 'USD', price: 7, at: NOON + 31 * HOUR }),
      view({ price: 99 }),
    ]);
    const columns =
      'dt, order_time::INT64, net_amount, gross_amount, refunded_amount, lines::INT, refund_lines::INT, unpriced_lines::INT, currency';
    expect(await orders(columns)).toEqual([
      ['2026-05-06', String(NOON), 0.4, 0.5, 0.1, 3, 1, 1, 'EUR'],
      ['2026-05-07', String(NOON + 30 * HOUR), -0.2, 0, 0.2, 0, 1, 0, 'EUR'],
      ['2026-05-07', String(NOON + 31 * HOUR), 7, 7, 0, 1, 0, 0, 'USD'],
    ]);
  });

  test('without an id are orders of their own, and of whom the visitor is linked to', async () => {
    lake.deliver([
      view({ event_type: 'identify', user_id: 'anna' }),
      bought({ order_id: null, event_id: 'e1', user_id: null, at: NOON + HOUR }),
      bought({ order_id: null, event_id: 'e2', user_id: null, visitor: 'guest' }),
    ]);
    expect(await orders('order_id, user_id, lines::INT')).toEqual([
      ['e1', 'anna', 1],
      ['e2', null, 1],
    ]);
  });
});

describe('again', () => {
  test('nothing is made where nothing changed; made anew, it has the same bytes', async () => {
    lake.deliver([
      view(),
      view({ event_type: 'purchase', price: 3, at: NOON + 30 * HOUR }),
      view({ at: NOON + 50 * HOUR }),
    ]);
    const make = async () => {
      await snapshotOf(lake, userView, '2026-05-09');
      await snapshotOf(lake, productView, '2026-05-09');
      return new Map([
        ...bytesOf(join(lake.folder, 'silver')),
        ...bytesOf(join(lake.folder, 'gold')),
      ]);
    };
    const first = await make();
    expect(first.size).toBe(14);
    expect(await refresh('2026-05-09')).toMatchObject({ days: 3, made: 0 });
    for (const day of ['2026-05-06', '2026-05-07', '2026-05-08'])
      writeFileSync(join(lake.folder, 'silver', 'events', `dt=${day}`, '_source.txt'), 'other');
    expect(await refresh('2026-05-09')).toMatchObject({ days: 3, made: 3 });
    expect(await make()).toEqual(first);
  });

  test('a day that changed is made anew with the days after it', async () => {
    lake.deliver([view(), view({ at: NOON + 24 * HOUR }), view({ at: NOON + 96 * HOUR })]);
    await refresh('2026-05-11');
    lake.deliver([view({ at: NOON + 25 * HOUR })]);
    expect(await refresh('2026-05-11')).toMatchObject({
      // The day before reads what was delivered a day later.
      days: 4,
      made: 4,
      missing_days: ['2026-05-08', '2026-05-09'],
    });
  });
});

describe('what cannot be read', () => {
  test('no events before the date', async () => {
    lake.deliver([view()]);
    await expect(refresh('2026-05-06')).rejects.toMatchObject({ name: 'NotEnoughData' });
  });

  test('a renamed column stops the day and is named', async () => {
    lake.deliver([view()]);
    const file = join(lake.folder, 'bronze/enriched_events/dt=2026-05-06/0.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"event_id"', '"id"'));
    await expect(refresh('2026-05-07')).rejects.toMatchObject({
      name: 'UnreadableInput',
      message: expect.stringContaining(
        '2026-05-06 are not what enrich writes: 1 lines without event_id',
      ),
    });
  });

  test.each(['no JSON\n', '{"event_id":"e","price":"much"}\n', '{"event_id":'])(
    'a line %j stops the day and is named',
    async (line) => {
      lake.deliver([view()]);
      writeFileSync(join(lake.folder, 'bronze/enriched_events/dt=2026-05-06/1.jsonl'), line);
      await expect(refresh('2026-05-07')).rejects.toMatchObject({
        name: 'UnreadableInput',
        message: expect.stringContaining('1.jsonl'),
      });
    },
  );

  test('a corrupt day of silver stops the snapshot and is named', async () => {
    lake.deliver([view()]);
    await refresh('2026-05-07');
    writeFileSync(join(lake.folder, 'silver/events/dt=2026-05-06/part.parquet'), 'garbage');
    await expect(snapshotOf(lake, productView, '2026-05-07')).rejects.toMatchObject({
      name: 'UnreadableInput',
      message: expect.stringContaining('dt=2026-05-06'),
    });
  });

  test('a renamed column of silver is named with its file', async () => {
    lake.deliver([view()]);
    await refresh('2026-05-07');
    const file = join(lake.folder, 'silver/events/dt=2026-05-06/part.parquet');
    const { connection } = lake.duckdb;
    await connection.run(
      `COPY (SELECT * RENAME (price AS prize) FROM read_parquet('${file}', hive_partitioning = false))
       TO '${file}.renamed' (FORMAT parquet)`,
    );
    renameSync(`${file}.renamed`, file);
    const error = snapshotOf(lake, productView, '2026-05-07');
    await expect(error).rejects.toMatchObject({ name: 'UnreadableInput' });
    await expect(error).rejects.toThrow(/column "price".*dt=2026-05-06\/part\.parquet/s);
  });

  test('days that no window reaches are not opened', async () => {
    lake.deliver([view(), view({ at: NOON + 60 * 24 * HOUR })]);
    await refresh('2026-07-06');
    writeFileSync(join(lake.folder, 'silver/events/dt=2026-05-06/part.parquet'), 'garbage');
    expect((await snapshotOf(lake, productView, '2026-07-06')).get('p')).toMatchObject({
      view_count_30d: 1,
    });
    await expect(snapshotOf(lake, userView, '2026-07-06')).rejects.toThrow('dt=2026-05-06');
  });
});
