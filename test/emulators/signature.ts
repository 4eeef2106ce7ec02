import { createHash, createHmac } from 'node:crypto';
import type { StubRequest } from './stub-service.ts';

const hmac = (key: string | Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest();
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * Whether a request is signed as AWS reads it (Signature Version 4), worked out anew from what came
 * over the wire. For services that sign their path escaped twice: all but S3.
 */
export function isSigned({ method, url, headers, text }: StubRequest, secret: string): boolean {
  const parts = /SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    headers.authorization ?? '',
  );
  const scope = /Credential=[^/]+\/([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  const [, names = '', signature] = parts ?? [];
  const canonical = [
    method,
    url.split('/').map(encodeURIComponent).join('/'),
    '',
    ...names.split(';').map((name) => `${name}:${headers[name]}`),
    '',
    names,
    digest(text),
  ].join('\n');
  const toSign = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${digest(canonical)}`;
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return hmac(key, toSign).toString('hex') === signature;
}
