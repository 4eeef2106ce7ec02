import fc from 'fast-check';
import { eventsBody, scoreBody } from './hostile-body.ts';

export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What a client may put into a header: Latin-1 without controls. */
const headerValue = fc
  .array(
    fc.integer({ min: 0x20, max: 0xff }).filter((code) => code < 0x7f || code > 0x9f),
    {
      maxLength: 300,
    },
  )
  .map((codes) => String.fromCharCode(...codes).trim());

const header: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(fc.constant('idempotency-key'), headerValue),
  fc.tuple(fc.constant('user-agent'), headerValue),
  fc.tuple(fc.constant('x-forwarded-for'), headerValue),
  fc.tuple(fc.constant('cookie'), headerValue),
  fc.tuple(fc.constant('origin'), headerValue),
  fc.tuple(fc.constant('cloudfront-viewer-country'), fc.oneof(fc.constant('DE'), headerValue)),
  fc.tuple(
    fc.constant('content-type'),
    fc.oneof(
      fc.constantFrom(
        'application/json',
        'application/json; charset=utf-16',
        'text/plain',
        'application/octet-stream',
        'multipart/form-data; boundary=x',
        'application/x-www-form-urlencoded',
      ),
      headerValue,
    ),
  ),
  fc.tuple(fc.constant('content-encoding'), fc.constantFrom('gzip', 'br', 'identity', 'x', '')),
);

type Target = readonly [method: string, path: string, body: Uint8Array];

/** Encoded ids, and segments that are no encoding of anything. */
const customerPath = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }).map(encodeURIComponent),
    fc.constantFrom('%', '%zz', '%00', '%ff%fe', '..%2f..', 'x'.repeat(2000)),
  )
  .map((segment) => `/v1/customers/${segment}/clv`);

const target: fc.Arbitrary<Target> = fc.oneof(
  { weight: 8, arbitrary: eventsBody.map((body): Target => ['POST', '/v1/events', body]) },
  { weight: 8, arbitrary: scoreBody.map((body): Target => ['POST', '/v1/propensity', body]) },
  { weight: 2, arbitrary: customerPath.map((path): Target => ['GET', path, new Uint8Array()]) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
      fc.oneof(
        fc.constantFrom('/v1/health', '/v1/openapi.json', '/v1/events/', '//', '/v1/%zz', '/..'),
        fc.webPath(),
      ),
      scoreBody,
    ),
  },
);

/** @param key opens every route that asks for one */
export function hostileRequest(key: string): fc.Arbitrary<HostileRequest> {
  const keyHeader = fc.oneof(
    { weight: 20, arbitrary: fc.constant({ 'x-api-key': key }) },
    { weight: 1, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: headerValue.map((value) => ({ 'x-api-key': value })) },
  );
  return fc
    .tuple(
      target,
      fc.oneof(
        { weight: 6, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(header, { maxLength: 4 }) },
      ),
      keyHeader,
    )
    .map(([[method, path, body], headers, withKey]) => ({
      method,
      path,
      headers: { ...Object.fromEntries(headers), ...withKey },
      body,
    }));
}
