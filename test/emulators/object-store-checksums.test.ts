import { crc32 } from 'node:zlib';
import { afterEach, expect, test, vi } from 'vitest';
import { openObjectStore } from '../../shared/aws/object-store.ts';
import { withStubService } from './stub-service.ts';

const s3 = withStubService('S3');

/** As S3 has them: four bytes, the highest first, in base64. */
function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString('base64');
}

afterEach(() => vi.unstubAllEnvs());

test('a put carries the checksum of its body, which is sent as it is', async () => {
  s3.answer = () => ({ body: '' });
  await openObjectStore('lake').put('a/b', Buffer.from('Grüße'));
  const [request] = s3.requests;
  expect(request?.headers['x-amz-checksum-crc32']).toBe(checksum('Grüße'));
  expect(request?.headers['content-encoding']).toBeUndefined();
  expect(request?.text).toBe('Grüße');
});

test('a get whose body is not what its checksum says is refused', async () => {
  s3.answer = (_request, attempt) => ({
    headers: { 'x-amz-checksum-crc32': checksum('whole') },
    body: attempt === 1 ? 'whole' : 'half',
  });
  const store = openObjectStore('lake');
  expect(Buffer.from((await store.get('a')) ?? []).toString()).toBe('whole');
  await expect(store.get('a')).rejects.toMatchObject({
    name: 'StoreUnavailable',
    message: expect.stringContaining('hecksum'),
  });
});

test('for a service that knows no checksums they are left out', async () => {
  vi.stubEnv('AWS_REQUEST_CHECKSUM_CALCULATION', 'WHEN_REQUIRED');
  s3.answer = () => ({ body: '' });
  await openObjectStore('lake').put('a', Buffer.from('x'));
  expect(Object.keys(s3.requests[0]?.headers ?? {}).join()).not.toContain('checksum');
});
