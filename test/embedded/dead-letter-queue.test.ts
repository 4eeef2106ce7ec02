import { afterEach, beforeEach, vi } from 'vitest';
import { openDeadLetterQueue } from '../../shared/embedded/dead-letter-queue.ts';
import { deadLetterQueueContract } from '../contracts/dead-letter-queue.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

const directory = freshDataDirectory();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

deadLetterQueueContract(() => {
  const queue = openDeadLetterQueue('Contract');
  return {
    queue,
    send: (body) => directory().commit(() => queue.send(body)),
    reveal: async () => {
      vi.setSystemTime(Date.now() + 300_001);
    },
  };
});
