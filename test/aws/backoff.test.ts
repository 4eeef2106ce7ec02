import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { backoff } from '../../shared/aws/backoff.ts';

vi.mock('node:timers/promises', () => ({ setTimeout: vi.fn(async () => {}) }));

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([1, 2, 3, 4])('retry %d waits anything up to its bound, which doubles', async (retry) => {
  for (const share of [0, 0.5, 0.999]) {
    vi.spyOn(Math, 'random').mockReturnValue(share);
    await backoff(retry);
    expect(vi.mocked(sleep).mock.lastCall?.[0]).toBeCloseTo(share * 25 * 2 ** retry, 9);
  }
});

test('waits no longer than the signal lets it', async () => {
  const { signal } = new AbortController();
  await backoff(1, signal);
  expect(vi.mocked(sleep).mock.lastCall?.[2]).toEqual({ signal });
});
