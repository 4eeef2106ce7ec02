import { beforeAll, describe, expect, test } from 'vitest';
import type { EventStream, StreamEntry } from '../../shared/ports.ts';

/** The stream under test, and a reader of everything on it, in stream order. */
export interface OpenedEventStream {
  readonly stream: EventStream;
  readAll(): Promise<readonly StreamEntry[]>;
}

/** What every event stream promises. */
export function eventStreamContract(
  open: () => OpenedEventStream | Promise<OpenedEventStream>,
): void {
  describe('event stream', () => {
    let opened: OpenedEventStream;
    let partitions = 0;
    const freshKey = () => `contract-${process.pid}-${partitions++}`;
    const dataOf = async (partitionKey: string) =>
      (await opened.readAll())
        .filter((entry) => entry.partitionKey === partitionKey)
        .map((entry) => entry.data);

    beforeAll(async () => {
      opened = await open();
    });

    test('has every entry it answered null for', async () => {
      const partitionKey = freshKey();
      const entries = Array.from({ length: 5 }, (_, n) => ({ partitionKey, data: `{"n":${n}}` }));
      expect(await opened.stream.putRecords(entries)).toEqual(Array(5).fill(null));
      expect((await dataOf(partitionKey)).toSorted()).toEqual(entries.map((entry) => entry.data));
    });

    test('keeps the order of successive calls', async () => {
      const partitionKey = freshKey();
      for (const data of ['1', '2', '3']) await opened.stream.putRecords([{ partitionKey, data }]);
      expect(await dataOf(partitionKey)).toEqual(['1', '2', '3']);
    });

    test('keeps equal entries apart: a producer retry is another record', async () => {
      const entry = { partitionKey: freshKey(), data: '{"same":true}' };
      await opened.stream.putRecords([entry, entry]);
      await opened.stream.putRecords([entry]);
      expect(await dataOf(entry.partitionKey)).toEqual(Array(3).fill(entry.data));
    });

    test('takes 500 entries in one call, and an answer for each', async () => {
      const prefix = freshKey();
      const entries = Array.from({ length: 500 }, (_, n) => ({
        partitionKey: `${prefix}/${n}`,
        data: `${n}`,
      }));
      expect(await opened.stream.putRecords(entries)).toEqual(Array(500).fill(null));
      const stored = (await opened.readAll()).filter((entry) =>
        entry.partitionKey.startsWith(`${prefix}/`),
      );
      expect(new Set(stored.map((entry) => entry.data)).size).toBe(500);
    });

    test('answers an empty list for no entries', async () => {
      expect(await opened.stream.putRecords([])).toEqual([]);
    });

    test('loses nothing of concurrent calls', async () => {
      const partitionKey = freshKey();
      await Promise.all(
        Array.from({ length: 20 }, (_, call) =>
          opened.stream.putRecords(
            Array.from({ length: 5 }, (_, n) => ({ partitionKey, data: `${call}/${n}` })),
          ),
        ),
      );
      expect(new Set(await dataOf(partitionKey)).size).toBe(100);
    });

    test.each([
      ['unicode', 'Grüße, 世界 🛒\u0000'],
      ['a large record', 'x'.repeat(200_000)],
    ])('keeps %s intact', async (_case, data) => {
      const partitionKey = `${freshKey()}-ключ-鍵`;
      await opened.stream.putRecords([{ partitionKey, data }]);
      expect(await dataOf(partitionKey)).toEqual([data]);
    });

    test('puts nothing when the signal is aborted', async () => {
      const partitionKey = freshKey();
      await expect(
        opened.stream.putRecords([{ partitionKey, data: '{}' }], AbortSignal.abort()),
      ).rejects.toMatchObject({ name: 'DeadlineExceeded' });
      expect(await dataOf(partitionKey)).toEqual([]);
    });
  });
}
