import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { PortInUse } from '../shared/errors.ts';
import { Authorization } from './authorization.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { httpEvent } from './http-event.ts';
import type { Route, Wiring } from './wiring.ts';

export interface HttpDoor {
  readonly url: string;
  /** Takes no more requests and resolves when those under way are answered. */
  close(): Promise<void>;
}

export interface DoorPorts {
  readonly wiring: Pick<Wiring, 'routes' | 'authorizers' | 'cors'>;
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** Answers paths that are not the API's own; true where it did. */
  other(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  /** Hears of functions that threw. */
  report(error: unknown): void;
}

type Result = APIGatewayProxyStructuredResultV2;

/** As API Gateway: a larger body never reaches a function. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** As API Gateway: of the request line and all headers. */
const MAX_HEADER_BYTES = 10_240;
const HOST = '127.0.0.1';
const KEEP_ALIVE_MS = 65_000;

/**
 * An HTTP API in front of the functions: routes, authorizers, CORS and events as API Gateway has
 * them. What the gateway itself answers is its own `{"message": …}` here too, no problem document.
 * @param port 0: any free one
 * @throws PortInUse
 */
export async function openHttpDoor(port: number, ports: DoorPorts): Promise<HttpDoor> {
  const gateway = new Gateway(ports);
  const limits = { keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: MAX_HEADER_BYTES };
  const server = createServer(limits, (request, response) => {
    // Once closing, a connection that is kept alive for more would hold the close back.
    response.once('close', () => server.listening || server.closeIdleConnections());
    // `handle` answers its own failures; what is left is a connection that is gone.
    gateway.handle(request, response).catch((error: unknown) => {
      ports.report(error);
      response.destroy();
    });
  });
  await listen(server, port);
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      const message = `port ${port} is already in use: stop what listens there, or give another --port`;
      reject(new PortInUse(message, { cause: error }));
    });
    server.listen(port, HOST, resolve);
  });
}

class Gateway {
  readonly #ports: DoorPorts;
  readonly #routes: readonly { readonly route: Route; readonly pattern: RegExp }[];
  readonly #authorizations: ReadonlyMap<string, Authorization>;
  readonly #nextRequestId = requestIds();

  constructor(ports: DoorPorts) {
    this.#ports = ports;
    // A path without parameters wins over one that has some.
    this.#routes = ports.wiring.routes
      .toSorted((left, right) => parameters(left) - parameters(right))
      .map((route) => ({ route, pattern: patternOf(route.path) }));
    this.#authorizations = new Map(
      ports.wiring.authorizers.map((authorizer) => [
        authorizer.name,
        new Authorization(
          authorizer,
          (event) => ports.invoke(authorizer.function, event),
          () => performance.now(),
        ),
      ]),
    );
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { cors } = this.#ports.wiring;
    const { origin } = request.headers;
    if (cors && request.method === 'OPTIONS' && origin !== undefined) {
      return send(response, { statusCode: 204, headers: preflightHeaders(cors, origin) });
    }
    const found = this.#find(request);
    if (found === null) {
      if (await this.#ports.other(request, response)) return;
      return send(response, ownAnswer(404));
    }
    const body = await bodyOf(request);
    const result = body === null ? ownAnswer(413) : await this.#answer(request, body, found);
    const headers = { ...result.headers, ...(cors ? corsHeaders(cors, origin) : {}) };
    send(response, { ...result, headers });
  }

  #find({ method, url = '/' }: IncomingMessage): Found | null {
    const path = url.split('?', 1)[0] as string;
    for (const { route, pattern } of this.#routes) {
      if (route.method !== method) continue;
      const match = pattern.exec(path);
      if (match) return { route, parameters: decoded(match.groups ?? {}) };
    }
    return null;
  }

  async #answer(request: IncomingMessage, body: Buffer, found: Found): Promise<Result> {
    const { route, parameters } = found;
    const requestId = this.#nextRequestId();
    const event = httpEvent(request, body, route, parameters, { requestId, time: Date.now() });
    try {
      const authorization = this.#authorizations.get(route.authorizer ?? '');
      const verdict = (await authorization?.verdict(event)) ?? 'authorized';
      if (verdict === 'unauthorized') return ownAnswer(401);
      if (verdict === 'forbidden') return ownAnswer(403);
      return resultOf(await this.#ports.invoke(route.function, event));
    } catch (error) {
      this.#ports.report(error);
      return ownAnswer(500);
    }
  }
}

interface Found {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What API Gateway says where it does not ask a function, or the function fails. */
const MESSAGES = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  500: 'Internal Server Error',
} as const;

function ownAnswer(status: keyof typeof MESSAGES): Result {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: MESSAGES[status] }),
  };
}

const parameters = ({ path }: Route) => path.split('{').length - 1;

function patternOf(path: string): RegExp {
  const escaped = path.replace(/\./g, '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return new RegExp(`^${escaped}$`);
}

function decoded(groups: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(groups).map(([name, value]) => [name, decodeOrKeep(value)]),
  );
}

function decodeOrKeep(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % is the client's own
  }
}

/** Null where the body is too large; the rest of it is read and forgotten. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk as Buffer);
    else chunks.length = 0;
  }
  return bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks) : null;
}

/** A result without a status code is a body that succeeded. */
function resultOf(answer: unknown): Result {
  if (typeof answer === 'object' && answer !== null && 'statusCode' in answer) {
    return answer as Result;
  }
  const headers = { 'content-type': 'application/json' };
  return { statusCode: 200, headers, body: JSON.stringify(answer) };
}

function send(response: ServerResponse, result: Result): void {
  const { statusCode = 200, headers = {}, body = '', isBase64Encoded, cookies } = result;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (cookies) response.setHeader('set-cookie', cookies);
  response.setHeader('content-length', bytes.length);
  response.writeHead(statusCode).end(bytes);
}

/** Ids that sort in the order of arrival, as the order of events within a millisecond needs. */
function requestIds(): () => string {
  const start = Date.now().toString(36).padStart(9, '0');
  let count = 0;
  return () => `${start}-${(count++).toString(36).padStart(8, '0')}`;
}
