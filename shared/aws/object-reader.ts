import { buffer } from 'node:stream/consumers';
import { Sha256 } from '@smithy/core/checksum';
import { extendedEncodeURIComponent, HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { StoreUnavailable } from '../errors.ts';
import type { ObjectReader } from '../ports.ts';
import { backoff } from './backoff.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';
import { environmentCredentials } from './environment-credentials.ts';

const ATTEMPTS = 3;

/**
 * Reads an S3 bucket by its name with signed GETs, out of the parts that every SDK client shares:
 * the S3 client itself would weigh as much again in the scorer's bundle (docs/adr/object-reader.md).
 * The role needs s3:ListBucket, or S3 answers 403 for what is not there.
 */
export function openObjectReader(bucket: string): ObjectReader {
  const { requestHandler } = callLimits({ attemptMs: 2000, attempts: ATTEMPTS });
  const region = process.env['AWS_REGION'] ?? '';
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: async () => environmentCredentials(),
    sha256: Sha256,
    uriEscapePath: false,
  });
  const bucketUrl = urlOf(bucket, region);

  async function getOnce(key: string, options: { abortSignal?: AbortSignal }) {
    const { protocol, hostname, port, host, pathname } = new URL(
      `${bucketUrl}/${key.split('/').map(extendedEncodeURIComponent).join('/')}`,
    );
    const unsigned = new HttpRequest({
      protocol,
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      path: pathname,
      headers: { host },
    });
    const signed = new HttpRequest(await signer.sign(unsigned));
    const { response } = await requestHandler.handle(signed, options);
    const body = await buffer(response.body);
    if (response.statusCode === 404) return null;
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}: ${body}`);
    return body;
  }

  return {
    get: (key, signal) =>
      call(
        `GetObject of ${bucket}/${key}`,
        StoreUnavailable,
        async (options) => {
          for (let attempt = 1; ; attempt++) {
            try {
              return await getOnce(key, options);
            } catch (error) {
              if (attempt === ATTEMPTS || signal?.aborted) throw error;
            }
            await backoff(attempt, signal);
          }
        },
        signal,
      ),
  };
}

/** Honours the SDK's own variables for another endpoint, where buckets are part of the path. */
function urlOf(bucket: string, region: string): string {
  const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
  return endpoint ? `${endpoint}/${bucket}` : `https://${bucket}.s3.${region}.amazonaws.com`;
}
