import { beforeAll, describe, expect, test } from 'vitest';
import type { EventStream, StreamedRecord, StreamReader } from '../../shared/ports.ts';

/** A stream of one shard that nothing else writes to: its reader and its writer. */
export interface OpenedStreamReader {
  readonly reader: StreamReader;
  readonly stream: EventStream;
}

/** What every reader of a stream promises. */
export function streamReaderContract(
  open: () => OpenedStreamReader | Promise<OpenedStreamReader>,
): void {
  describe('stream reader', () => {
    let opened: OpenedStreamReader;
    let shard: string;
    const read = async (from: string | null) => {
      const records: StreamedRecord[] = [];
      for await (const record of opened.reader.read(shard, from)) records.push(record);
      return records;
    };
    const keyOf = (data: string) => `key ${data.slice(0, 20)}`;
    const put = (...data: string[]) =>
      opened.stream.putRecords(data.map((text) => ({ partitionKey: keyOf(text), data: text })));

    beforeAll(async () => {
      opened = await open();
      [shard = ''] = await opened.reader.shards();
    });

    test('reads nothing of an empty stream', async () => {
      expect(await opened.reader.shards()).toHaveLength(1);
      expect(await read(null)).toEqual([]);
    });

    test('reads records as they were put, in order, and goes on from any of them', async () => {
      const before = Date.now();
      for (const data of ['1', 'Grüße, 世界 🛒', '3']) await put(data);
      const all = await read(null);
      expect(all.map(({ data }) => data)).toEqual(['1', 'Grüße, 世界 🛒', '3']);
      expect(all.map(({ partitionKey }) => partitionKey)).toEqual(
        all.map(({ data }) => keyOf(data)),
      );
      expect(all.map(({ sequence }) => sequence).toSorted()).toEqual(
        all.map(({ sequence }) => sequence),
      );
      for (const { arrivedAt } of all) {
        expect(arrivedAt).toBeGreaterThan(before - 60_000);
        expect(arrivedAt).toBeLessThan(Date.now() + 60_000);
      }
      for (const [index, { sequence }] of all.entries()) {
        expect(await read(sequence)).toEqual(all.slice(index));
      }
    });

    test('reads on over many records and many bytes', async () => {
      const many = Array.from({ length: 1200 }, (_, n) => `many ${n}`);
      for (let start = 0; start < many.length; start += 400)
        await put(...many.slice(start, start + 400));
      const large = Array.from({ length: 12 }, (_, n) => `${n}`.repeat(400_000));
      for (const data of large) await put(data);
      const all = (await read(null)).map(({ data }) => data);
      expect(new Set(all.filter((data) => data.startsWith('many')))).toEqual(new Set(many));
      expect(all.slice(-12).map((data) => data.length)).toEqual(large.map(({ length }) => length));
    });

    test('may be left before the end', async () => {
      for await (const { data } of opened.reader.read(shard, null)) {
        expect(data).toBe('1');
        break;
      }
    });

    test('rejects what is no shard and what is no sequence number', async () => {
      const unavailable = { name: 'StreamUnavailable' };
      const first = async (shardId: string, from: string | null) => {
        for await (const record of opened.reader.read(shardId, from)) return record;
        return null;
      };
      await expect(first('shardId-000000000099', null)).rejects.toMatchObject(unavailable);
      await expect(first(shard, 'no number')).rejects.toMatchObject(unavailable);
    });
  });
}
