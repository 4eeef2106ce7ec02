import { beforeAll, describe, expect, test } from 'vitest';
import type { BusEvent, EventBus } from '../../shared/ports.ts';

/** The bus under test, and a reader of what a rule for everything has seen. */
export interface OpenedEventBus {
  readonly bus: EventBus;
  seen(): Promise<readonly BusEvent[]>;
}

/** What every event bus promises. */
export function eventBusContract(open: () => OpenedEventBus | Promise<OpenedEventBus>): void {
  describe('event bus', () => {
    let opened: OpenedEventBus;

    beforeAll(async () => {
      opened = await open();
    });

    const events = (batch: string, count: number): BusEvent[] =>
      Array.from({ length: count }, (_, n) => ({
        type: 'ModelPromoted',
        detail: JSON.stringify({ batch, n, text: 'Grüße 🛒' }),
      }));

    test('takes more events than one call of a service does, and answers for each', async () => {
      const put = events('many', 25);
      expect(await opened.bus.putEvents(put)).toEqual(Array(25).fill(null));
      expect(await opened.seen()).toEqual(expect.arrayContaining(put));
    });

    test('takes large events', async () => {
      const put = Array.from({ length: 3 }, (_, n) => ({
        type: 'Report',
        detail: JSON.stringify({ n, text: 'x'.repeat(200_000) }),
      }));
      expect(await opened.bus.putEvents(put)).toEqual([null, null, null]);
      expect(await opened.seen()).toEqual(expect.arrayContaining(put));
    });

    test('answers an empty list for no events', async () => {
      expect(await opened.bus.putEvents([])).toEqual([]);
    });

    test('puts nothing when the signal is aborted', async () => {
      const put = events('aborted', 1);
      await expect(opened.bus.putEvents(put, AbortSignal.abort())).rejects.toMatchObject({
        name: 'DeadlineExceeded',
      });
      expect(await opened.seen()).not.toContainEqual(put[0]);
    });
  });
}
