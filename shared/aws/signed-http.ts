import { buffer } from 'node:stream/consumers';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { callLimits } from './call-limits.ts';
import { environmentCredentials } from './environment-credentials.ts';

export interface SignedRequest {
  readonly method: 'GET' | 'POST';
  /** Its path escaped as the service wants it. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SignedAnswer {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * Sends single requests of a service with the role's signature, out of the parts that every SDK
 * client shares: a client more would weigh too much in the scorer's bundle
 * (docs/adr/object-reader.md). One attempt each; whoever calls repeats.
 *
 * @param service its name in signatures
 * @param escapesTwice whether the service signs the escaped path escaped again; S3 alone does not
 */
export function openSignedHttp(service: string, attemptMs: number, escapesTwice: boolean) {
  const { requestHandler } = callLimits({ attemptMs, attempts: 1 });
  const signer = new SignatureV4({
    service,
    region: process.env['AWS_REGION'] ?? '',
    credentials: async () => environmentCredentials(),
    sha256: Sha256,
    uriEscapePath: escapesTwice,
  });
  return async (
    { method, url, headers = {}, body }: SignedRequest,
    options: { abortSignal?: AbortSignal },
  ): Promise<SignedAnswer> => {
    const { protocol, hostname, port, host, pathname } = new URL(url);
    const unsigned = new HttpRequest({
      method,
      protocol,
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      path: pathname,
      headers: { ...headers, host },
      ...(body === undefined ? {} : { body }),
    });
    const signed = new HttpRequest(await signer.sign(unsigned));
    const { response } = await requestHandler.handle(signed, options);
    return {
      status: response.statusCode,
      headers: response.headers,
      body: await buffer(response.body),
    };
  };
}
