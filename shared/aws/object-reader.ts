import { AwsV4Signer } from 'aws4fetch';
import { StoreUnavailable } from '../errors.ts';
import type { ObjectReader } from '../ports.ts';
import { backoff } from './backoff.ts';
import { call } from './call.ts';
import { environmentCredentials } from './environment-credentials.ts';

const ATTEMPT_MS = 2000;
const RETRIES = 2;

/**
 * Reads an S3 bucket by its name with signed GETs, without the S3 client and its weight in the
 * scorer's bundle. The role needs s3:ListBucket, or S3 answers 403 for what is not there.
 */
export function openObjectReader(bucket: string): ObjectReader {
  return {
    get(key, signal) {
      const url = `${bucketUrl(bucket)}/${key.split('/').map(encodeURIComponent).join('/')}`;
      return call(
        `GetObject of ${bucket}/${key}`,
        StoreUnavailable,
        async () => {
          for (let retry = 0; ; retry++) {
            try {
              return await getOnce(url, signal);
            } catch (error) {
              if (retry === RETRIES || signal?.aborted) throw error;
            }
            await backoff(retry, signal);
          }
        },
        signal,
      );
    },
  };
}

async function getOnce(url: string, signal?: AbortSignal): Promise<Uint8Array | null> {
  const deadline = AbortSignal.timeout(ATTEMPT_MS);
  const request = await new AwsV4Signer({
    url,
    service: 's3',
    region: process.env['AWS_REGION'] ?? '',
    ...environmentCredentials(),
  }).sign();
  const response = await fetch(request.url, {
    headers: request.headers,
    signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
  });
  const body = await response.bytes();
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`status ${response.status}: ${new TextDecoder().decode(body)}`);
  return body;
}

/** Honours the SDK's own variables for another endpoint, which is addressed by path. */
function bucketUrl(bucket: string): string {
  const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
  if (endpoint) return `${endpoint}/${bucket}`;
  return `https://${bucket}.s3.${process.env['AWS_REGION']}.amazonaws.com`;
}
