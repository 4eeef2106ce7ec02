import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { close, redirectTo } from './aws-environment.ts';

export interface StubRequest {
  /** e.g. `Firehose_20150804.PutRecordBatch` */
  readonly target: string;
  /** Region and service that the request is signed for, e.g. `us-east-1/firehose`. */
  readonly scope: string;
  readonly accessKey: string;
  readonly sessionToken: string | undefined;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed where it is JSON, else text. */
  readonly body: unknown;
  readonly text: string;
}

/** `drop` breaks the connection after the request was taken; `stall` never answers. */
export type StubAnswer =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  | 'drop'
  | 'stall';

/**
 * A service on the wire: takes real requests of the SDK, in the AWS JSON protocol or as text, and
 * answers what the test says. For what no emulator does: services without one, and failures.
 */
export function withStubService(service: Parameters<typeof redirectTo>[0]) {
  const requests: StubRequest[] = [];
  const stub = {
    requests,
    /** Set by each test. */
    answer: ((_request, _attempt) => 'drop') as (
      request: StubRequest,
      attempt: number,
    ) => StubAnswer,
  };
  let server: Server;

  beforeAll(async () => {
    server = createServer(async (incoming, outgoing) => {
      const request = await stubRequest(incoming);
      requests.push(request);
      const answer = stub.answer(request, requests.length);
      if (answer === 'stall') return;
      if (answer === 'drop') {
        incoming.socket.destroy();
        return;
      }
      const { status = 200, headers = {}, body = {} } = answer;
      outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...headers });
      outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await redirectTo(service, server);
  });

  beforeEach(() => {
    requests.length = 0;
  });

  afterAll(() => close(server));

  return stub;
}

async function stubRequest(incoming: IncomingMessage): Promise<StubRequest> {
  const sent = await text(incoming);
  const {
    authorization = '',
    'x-amz-target': target,
    'x-amz-security-token': token,
  } = incoming.headers;
  const credential = /^AWS4-HMAC-SHA256 Credential=(?<key>[^/]+)\/\d{8}\/(?<scope>[^/]+\/[^/]+)\//;
  const { key = '', scope = 'unsigned' } = credential.exec(authorization)?.groups ?? {};
  return {
    target: String(target),
    scope,
    accessKey: key,
    sessionToken: token?.toString(),
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    headers: incoming.headers,
    body: /json/.test(incoming.headers['content-type'] ?? '') ? JSON.parse(sent) : sent,
    text: sent,
  };
}

/** An error of the service in the AWS JSON protocol. */
export function failure(type: string, status = 400, more: object = {}): StubAnswer {
  return { status, body: { __type: type, message: `${type} as asked`, ...more } };
}
