import { createServer, type IncomingMessage, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { close, redirectTo } from './aws-environment.ts';

export interface StubRequest {
  /** e.g. `Firehose_20150804.PutRecordBatch` */
  readonly target: string;
  /** Region and service that the request is signed for, e.g. `us-east-1/firehose`. */
  readonly scope: string;
  readonly accessKey: string;
  readonly sessionToken: string | undefined;
  readonly body: unknown;
}

/** `drop` breaks the connection after the request was taken; `stall` never answers. */
export type StubAnswer = { status?: number; body?: unknown } | 'drop' | 'stall';

/**
 * A service on the wire: takes real requests of the SDK in the AWS JSON protocol and answers what
 * the test says. For what no emulator does: services without one, and failures.
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
      outgoing.writeHead(answer.status ?? 200, { 'content-type': 'application/x-amz-json-1.1' });
      outgoing.end(JSON.stringify(answer.body ?? {}));
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
    body: await json(incoming),
  };
}

/** An error of the service in the AWS JSON protocol. */
export function failure(type: string, status = 400, more: object = {}): StubAnswer {
  return { status, body: { __type: type, message: `${type} as asked`, ...more } };
}
