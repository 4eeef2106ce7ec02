import { beforeAll, describe, expect, test } from 'vitest';
import type { DeadLetterQueue, QueuedMessage } from '../../shared/ports.ts';

/** A queue that nothing else uses, a way to send to it, and one to end the hiding of a message. */
export interface OpenedDeadLetterQueue {
  readonly queue: DeadLetterQueue;
  send(body: string): Promise<void>;
  reveal(message: QueuedMessage): Promise<void>;
}

/** What every dead-letter queue promises. */
export function deadLetterQueueContract(
  open: () => OpenedDeadLetterQueue | Promise<OpenedDeadLetterQueue>,
): void {
  describe('dead-letter queue', () => {
    let opened: OpenedDeadLetterQueue;
    const receiveAll = async () => {
      const messages: QueuedMessage[] = [];
      for (;;) {
        const some = await opened.queue.receive();
        if (some.length === 0) return messages;
        messages.push(...some);
      }
    };

    beforeAll(async () => {
      opened = await open();
    });

    test('answers no messages where there are none', async () => {
      expect(await opened.queue.receive()).toEqual([]);
    });

    test('gives each message once, ten at most at a time, and no more once deleted', async () => {
      const bodies = Array.from({ length: 23 }, (_, n) => JSON.stringify({ n, text: 'Grüße 🛒' }));
      for (const body of bodies) await opened.send(body);
      const first = await opened.queue.receive();
      expect(first.length).toBeLessThanOrEqual(10);
      const messages = [...first, ...(await receiveAll())];
      expect(messages.map(({ body }) => body).toSorted()).toEqual(bodies.toSorted());
      expect(new Set(messages.map(({ id }) => id)).size).toBe(23);
      for (const { receipt } of messages) await opened.queue.delete(receipt);
      expect(await receiveAll()).toEqual([]);
    });

    test('hides what was received, and gives it again, as the same message, unless deleted', async () => {
      await opened.send('again');
      const [message] = await receiveAll();
      expect(await opened.queue.receive()).toEqual([]);
      await opened.reveal(message as QueuedMessage);
      const [again] = await receiveAll();
      expect(again).toMatchObject({ id: message?.id, body: 'again' });
      await opened.queue.delete(again?.receipt ?? '');
      expect(await receiveAll()).toEqual([]);
    });

    test('deleting twice is no error', async () => {
      await opened.send('twice');
      const [message] = await receiveAll();
      await opened.queue.delete(message?.receipt ?? '');
      await opened.queue.delete(message?.receipt ?? '');
      expect(await receiveAll()).toEqual([]);
    });
  });
}
