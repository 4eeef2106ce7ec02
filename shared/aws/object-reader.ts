import { extendedEncodeURIComponent } from '@smithy/core/protocols';
import { StoreUnavailable } from '../errors.ts';
import type { ObjectReader } from '../ports.ts';
import { attemptTimes } from './attempt-times.ts';
import { call } from './call.ts';
import { openSignedHttp } from './signed-http.ts';

const ATTEMPTS = 3;

/**
 * Reads an S3 bucket by its name with signed GETs (docs/adr/object-reader.md). The role needs
 * s3:ListBucket, or S3 answers 403 for what is not there.
 */
export function openObjectReader(bucket: string): ObjectReader {
  const send = openSignedHttp('s3', 2000, false);
  const bucketUrl = urlOf(bucket);

  async function getOnce(key: string, options: { abortSignal?: AbortSignal }) {
    const path = key.split('/').map(extendedEncodeURIComponent).join('/');
    const request = { method: 'GET', url: `${bucketUrl}/${path}` } as const;
    const { status, body } = await send(request, options);
    if (status === 404) return null;
    if (status !== 200) throw new Error(`status ${status}: ${body}`);
    return body;
  }

  return {
    get: (key, signal) =>
      call(
        `GetObject of ${bucket}/${key}`,
        StoreUnavailable,
        (options) => attemptTimes(ATTEMPTS, () => getOnce(key, options), signal),
        signal,
      ),
  };
}

/** Honours the SDK's own variables for another endpoint, where buckets are part of the path. */
function urlOf(bucket: string): string {
  const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
  const region = process.env['AWS_REGION'] ?? '';
  return endpoint ? `${endpoint}/${bucket}` : `https://${bucket}.s3.${region}.amazonaws.com`;
}
