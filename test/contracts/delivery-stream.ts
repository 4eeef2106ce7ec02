import { beforeAll, describe, expect, test } from 'vitest';
import type { DeliveryStream } from '../../shared/ports.ts';

/** The delivery stream under test, and a reader of the records that it took. */
export interface OpenedDeliveryStream {
  readonly stream: DeliveryStream;
  readAll(): Promise<readonly string[]>;
}

/** What every delivery stream promises: at-least-once, so repeated records are allowed. */
export function deliveryStreamContract(
  open: () => OpenedDeliveryStream | Promise<OpenedDeliveryStream>,
): void {
  describe('delivery stream', () => {
    let opened: OpenedDeliveryStream;

    beforeAll(async () => {
      opened = await open();
    });

    test('takes 500 records in one call, and answers for each', async () => {
      const records = Array.from({ length: 500 }, (_, n) => JSON.stringify({ batch: 'full', n }));
      expect(await opened.stream.putRecordBatch(records)).toEqual(Array(500).fill(null));
      const stored = new Set(await opened.readAll());
      for (const record of records) expect(stored).toContain(record);
    });

    test('answers an empty list for no records', async () => {
      expect(await opened.stream.putRecordBatch([])).toEqual([]);
    });

    test('keeps unicode and large records intact', async () => {
      const records = ['Grüße, 世界 🛒', 'x'.repeat(100_000)].map((text) =>
        JSON.stringify({ text }),
      );
      await opened.stream.putRecordBatch(records);
      const stored = new Set(await opened.readAll());
      for (const record of records) expect(stored).toContain(record);
    });

    test('puts nothing when the signal is aborted', async () => {
      const record = JSON.stringify({ batch: 'aborted' });
      await expect(
        opened.stream.putRecordBatch([record], AbortSignal.abort()),
      ).rejects.toMatchObject({ name: 'DeadlineExceeded' });
      expect(await opened.readAll()).not.toContain(record);
    });
  });
}
