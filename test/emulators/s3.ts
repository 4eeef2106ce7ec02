import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { afterAll, beforeAll } from 'vitest';
import { redirect } from './aws-environment.ts';

// The emulator knows one key pair, and stores the framing of checksummed uploads with the body.
Object.assign(process.env, {
  AWS_ACCESS_KEY_ID: 'S3RVER',
  AWS_SECRET_ACCESS_KEY: 'S3RVER',
  AWS_REQUEST_CHECKSUM_CALCULATION: 'WHEN_REQUIRED',
  AWS_RESPONSE_CHECKSUM_VALIDATION: 'WHEN_REQUIRED',
});

/** An emulated S3 with one empty bucket. */
export function withBucket(name: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'foresight-s3-'));
  const s3 = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name, configs: [] }],
  });
  beforeAll(async () => {
    redirect('S3', (await s3.run()).port);
  });
  afterAll(async () => {
    await s3.close();
    rmSync(directory, { recursive: true });
  });
}
