import { expect, test } from 'vitest';
import { asService } from '../../shared/embedded/as-service.ts';
import { StoreUnavailable, StreamUnavailable, WriteConflict } from '../../shared/errors.ts';

test.each([
  [new StoreUnavailable('the disk is full'), 'ServiceUnavailable'],
  [new StreamUnavailable('the disk is full'), 'ServiceUnavailable'],
  [new WriteConflict('the disk is full'), 'WriteConflict'],
])('%s becomes %s, and says why', async (error, name) => {
  const failure = asService(() => Promise.reject(error));
  await expect(failure).rejects.toMatchObject({ name, message: 'the disk is full' });
});

test('what succeeds is answered', async () => {
  expect(await asService(async () => 7)).toBe(7);
});
