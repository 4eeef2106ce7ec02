import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, createServer } from 'node:net';
import type { APIGatewayProxyEventV2, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type DoorPorts, type HttpDoor, openHttpDoor } from '../../local/http-door.ts';
import type { Authorizer, Cors, Route } from '../../local/wiring.ts';

const doors: HttpDoor[] = [];
afterEach(async () => {
  await Promise.all(doors.splice(0).map((door) => door.close()));
});

const key: Authorizer = {
  name: 'key',
  function: 'authorizer',
  ttlSeconds: 60,
  identitySource: ['$request.header.x-api-key', '$context.routeKey'],
};
const route = (method: string, path: string, changes: Partial<Route> = {}): Route => ({
  method,
  path,
  function: 'f',
  authorizer: null,
  ...changes,
});

async function open(
  routes: Route[],
  functions: Record<string, (event: never) => unknown> = {},
  changes: Partial<DoorPorts['wiring']> & Partial<Pick<DoorPorts, 'other'>> = {},
) {
  const reports: unknown[] = [];
  const { other = async () => false, ...wiring } = changes;
  const door = await openHttpDoor(0, {
    wiring: { routes, authorizers: [key], cors: null, ...wiring },
    invoke: async (name, event) => functions[name]?.(event as never),
    other,
    report: (error) => reports.push(error),
  });
  doors.push(door);
  return { ...door, reports };
}

/** What the gateway answers of itself. */
const messageOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/json');
  const { message, ...nothingElse } = (await response.json()) as { message: string };
  expect(nothingElse).toEqual({});
  return message;
};

describe('an event', () => {
  test('is the one of an HTTP API, payload 2.0', async () => {
    let seen: APIGatewayProxyEventV2 | undefined;
    const { url } = await open([route('POST', '/v1/models/{name}/{version}')], {
      f: (event) => {
        seen = event;
      },
    });
    await fetch(`${url}/v1/models/a%20b/2?x=1&y=%26&x=2`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Cookie: 'a=1; b=2', 'User-Agent': 'test/1' },
      body: '{"text":"Grüße"}',
    });
    const host = new URL(url).host;
    expect(seen).toMatchObject({
      version: '2.0',
      routeKey: 'POST /v1/models/{name}/{version}',
      rawPath: '/v1/models/a%20b/2',
      rawQueryString: 'x=1&y=%26&x=2',
      cookies: ['a=1', 'b=2'],
      headers: { 'content-type': 'application/json', 'user-agent': 'test/1', host },
      queryStringParameters: { x: '1,2', y: '&' },
      pathParameters: { name: 'a b', version: '2' },
      requestContext: {
        http: {
          method: 'POST',
          path: '/v1/models/a%20b/2',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test/1',
        },
        routeKey: 'POST /v1/models/{name}/{version}',
        stage: '$default',
        requestId: expect.any(String),
        time: expect.stringMatching(/^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: '{"text":"Grüße"}',
      isBase64Encoded: false,
    });
    expect(seen?.headers).not.toHaveProperty('cookie');
  });

  test.each([
    ['application/json', {}, false],
    ['application/problem+json', {}, false],
    ['text/plain; charset=utf-8', {}, false],
    ['application/octet-stream', {}, true],
    ['image/png', {}, true],
    ['application/json', { 'content-encoding': 'gzip' }, true],
  ])('has a body of %s %o as text or in base64', async (type, headers, base64) => {
    let seen: APIGatewayProxyEventV2 | undefined;
    const { url } = await open([route('POST', '/x')], {
      f: (event) => {
        seen = event;
      },
    });
    await fetch(`${url}/x`, {
      method: 'POST',
      headers: { 'content-type': type, ...headers },
      body: 'some bytes',
    });
    const body = base64 ? Buffer.from('some bytes').toString('base64') : 'some bytes';
    expect(seen).toMatchObject({ body, isBase64Encoded: base64 });
  });

  test('has no body where the request has none', async () => {
    let seen: APIGatewayProxyEventV2 | undefined;
    const { url } = await open([route('GET', '/x')], {
      f: (event) => {
        seen = event;
      },
    });
    await fetch(`${url}/x`);
    expect(seen).not.toHaveProperty('body');
    expect(seen).toMatchObject({ isBase64Encoded: false, rawQueryString: '' });
  });

  test('has path and query as sent, whatever a URL parser makes of them', async () => {
    const seen: APIGatewayProxyEventV2[] = [];
    const { url } = await open([route('GET', '/v1/{any}')], {
      f: (event: APIGatewayProxyEventV2) => {
        seen.push(event);
      },
    });
    const { port, hostname: host } = new URL(url);
    for (const path of ['/v1/a\\b?', '/v1/%zz?%&=?#f']) {
      const [response] = await once(request({ host, port, path }).end(), 'response');
      await response.resume().toArray();
    }
    expect(seen.map(({ rawPath, rawQueryString }) => [rawPath, rawQueryString])).toEqual([
      ['/v1/a\\b', ''],
      ['/v1/%zz', '%&=?'],
    ]);
    expect(seen[0]?.pathParameters).toEqual({ any: 'a\\b' });
  });

  test('has a request id that sorts after those before it', async () => {
    const ids: string[] = [];
    const { url } = await open([route('GET', '/x')], {
      f: (event: APIGatewayProxyEventV2) => {
        ids.push(event.requestContext.requestId);
      },
    });
    for (let n = 0; n < 40; n++) await fetch(`${url}/x`);
    expect(ids).toEqual([...new Set(ids)].toSorted());
    expect(ids).toHaveLength(40);
  });
});

describe('an answer', () => {
  test.each<[string, unknown, { status: number; body: string; type: string | null }]>([
    [
      'with status, headers and body',
      { statusCode: 202, headers: { 'content-type': 'text/x' }, body: 'ok' },
      { status: 202, body: 'ok', type: 'text/x' },
    ],
    [
      'with a body in base64',
      { statusCode: 200, body: Buffer.from('é').toString('base64'), isBase64Encoded: true },
      { status: 200, body: 'é', type: null },
    ],
    ['without a body', { statusCode: 204 }, { status: 204, body: '', type: null }],
    [
      'that is a plain value',
      { any: 'thing' },
      { status: 200, body: '{"any":"thing"}', type: 'application/json' },
    ],
  ])('%s', async (_case, answer, expected) => {
    const { url } = await open([route('GET', '/x')], { f: () => answer });
    const response = await fetch(`${url}/x`);
    expect(response.status).toBe(expected.status);
    expect(response.headers.get('content-type')).toBe(expected.type);
    expect(await response.text()).toBe(expected.body);
  });

  test('has no detail where the function throws, and the failure is reported', async () => {
    const { url, reports } = await open([route('GET', '/x')], {
      f: () => {
        throw new Error('secret detail');
      },
    });
    const response = await fetch(`${url}/x`);
    expect(response.status).toBe(500);
    expect(await messageOf(response)).toBe('Internal Server Error');
    expect(reports).toEqual([new Error('secret detail')]);
  });
});

describe('a route', () => {
  test('without parameters wins over one that has some; methods are apart', async () => {
    const { url } = await open(
      [
        route('GET', '/v1/{any}', { function: 'any' }),
        route('GET', '/v1/health', { function: 'health' }),
        route('DELETE', '/v1/{any}', { function: 'delete' }),
      ],
      { any: () => 'any', health: () => 'health', delete: () => 'delete' },
    );
    expect(await (await fetch(`${url}/v1/health?x`)).json()).toBe('health');
    expect(await (await fetch(`${url}/v1/other`)).json()).toBe('any');
    expect(await (await fetch(`${url}/v1/health`, { method: 'DELETE' })).json()).toBe('delete');
  });

  test.each([
    ['GET', '/v1/nothing'],
    ['POST', '/v1/health'],
    ['GET', '/v1/health/more'],
    ['GET', '/V1/HEALTH'],
    ['GET', '/v1-health'],
  ])('is not there for %s %s: 404', async (method, path) => {
    const { url } = await open([route('GET', '/v1/health')], { f: () => 'never' });
    const response = await fetch(url + path, { method });
    expect(response.status).toBe(404);
    expect(await messageOf(response)).toBe('Not Found');
  });

  test('that is no API route goes to the other pages first', async () => {
    const { url } = await open(
      [],
      {},
      {
        other: async (request, response) => {
          if (request.url !== '/') return false;
          response.end('the page');
          return true;
        },
      },
    );
    expect(await (await fetch(`${url}/`)).text()).toBe('the page');
    expect((await fetch(`${url}/other`)).status).toBe(404);
  });
});

describe('an authorizer', () => {
  const guarded = [
    route('POST', '/a', { authorizer: 'key' }),
    route('POST', '/b', { authorizer: 'key' }),
  ];
  function asked() {
    const events: APIGatewayRequestAuthorizerEventV2[] = [];
    const authorizer = (event: APIGatewayRequestAuthorizerEventV2) => {
      events.push(event);
      const [presented, routeKey] = event.identitySource;
      return { isAuthorized: presented === 'all' || (presented === 'a' && routeKey === 'POST /a') };
    };
    return { events, functions: { f: () => 'open', authorizer } };
  }
  const post = (url: string, presented?: string, body = 'secret') =>
    fetch(url, {
      method: 'POST',
      body,
      ...(presented === undefined ? {} : { headers: { 'X-Api-Key': presented } }),
    });

  test('is not asked without a key: 401', async () => {
    const { events, functions } = asked();
    const { url } = await open(guarded, functions);
    const response = await post(`${url}/a`);
    expect(response.status).toBe(401);
    expect(await messageOf(response)).toBe('Unauthorized');
    expect(events).toEqual([]);
  });

  test('that refuses a key answers 403, that admits it opens the route', async () => {
    const { functions } = asked();
    const { url } = await open(guarded, functions);
    const refused = await post(`${url}/b`, 'a');
    expect(refused.status).toBe(403);
    expect(await messageOf(refused)).toBe('Forbidden');
    expect((await post(`${url}/a`, 'a')).status).toBe(200);
  });

  test('is asked once by key and route: one scope never opens another route', async () => {
    const { events, functions } = asked();
    const { url } = await open(guarded, functions);
    const statuses: number[] = [];
    for (const [path, presented] of [
      ['/a', 'a'],
      ['/b', 'a'],
      ['/a', 'a'],
      ['/b', 'a'],
      ['/b', 'all'],
      ['/b', 'all'],
    ] as const) {
      statuses.push((await post(url + path, presented)).status);
    }
    expect(statuses).toEqual([200, 403, 200, 403, 200, 200]);
    expect(events.map(({ identitySource }) => identitySource)).toEqual([
      ['a', 'POST /a'],
      ['a', 'POST /b'],
      ['all', 'POST /b'],
    ]);
  });

  test('gets the request without its body', async () => {
    const { events, functions } = asked();
    const { url } = await open(guarded, functions);
    await post(`${url}/a?q=1`, 'all');
    expect(events[0]).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeKey: 'POST /a',
      rawPath: '/a',
      headers: { 'x-api-key': 'all' },
      queryStringParameters: { q: '1' },
    });
    expect(JSON.stringify(events[0])).not.toContain('secret');
  });

  test('is asked every time where it may not be cached', async () => {
    const { events, functions } = asked();
    const authorizers = [{ ...key, ttlSeconds: 0 }];
    const { url } = await open(guarded, functions, { authorizers });
    await post(`${url}/a`, 'all');
    await post(`${url}/a`, 'all');
    expect(events).toHaveLength(2);
  });

  test.each([
    ['throws', () => Promise.reject(new Error('store down')), 500],
    ['answers nothing', () => undefined, 403],
    ['answers something else', () => ({ isAuthorized: 'yes' }), 403],
  ])('that %s opens nothing', async (_case, authorizer, status) => {
    const { url } = await open(guarded, { f: () => 'open', authorizer });
    expect((await post(`${url}/a`, 'all')).status).toBe(status);
  });
});

describe('CORS', () => {
  const cors: Cors = {
    origins: ['https://shop.example'],
    headers: ['content-type', 'x-api-key'],
    methods: ['POST'],
    exposed: ['x-request-id'],
    credentials: false,
    maxAgeSeconds: 600,
  };
  const preflight = (url: string, origin: string) =>
    fetch(`${url}/a`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  test('answers the preflight of an allowed origin itself', async () => {
    const { url } = await open([route('POST', '/a', { authorizer: 'key' })], {}, { cors });
    const response = await preflight(url, 'https://shop.example');
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,x-api-key',
      'access-control-max-age': '600',
    });
  });

  test('lets no other origin read anything', async () => {
    const { url } = await open([route('POST', '/a')], { f: () => 'ok' }, { cors });
    for (const response of [
      await preflight(url, 'https://evil.example'),
      await fetch(`${url}/a`, { method: 'POST', headers: { origin: 'https://evil.example' } }),
    ]) {
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-'))).toEqual([]);
    }
  });

  test('marks answers, also refusals, for an allowed origin', async () => {
    const { url } = await open(
      [route('POST', '/a'), route('POST', '/b', { authorizer: 'key' })],
      { f: () => 'ok' },
      { cors },
    );
    for (const path of ['/a', '/b']) {
      const headers = { origin: 'https://shop.example' };
      const response = await fetch(url + path, { method: 'POST', headers });
      expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example');
      expect(response.headers.get('access-control-expose-headers')).toBe('x-request-id');
    }
  });

  test('any origin is the star; without rules OPTIONS is no route', async () => {
    const star = await open([route('POST', '/a')], {}, { cors: { ...cors, origins: ['*'] } });
    const answered = await preflight(star.url, 'https://any.example');
    expect(answered.headers.get('access-control-allow-origin')).toBe('*');
    const none = await open([route('POST', '/a')]);
    expect((await preflight(none.url, 'https://any.example')).status).toBe(404);
  });
});

describe('the connection', () => {
  test('a body over 10 MB never reaches the function: 413', async () => {
    let called = false;
    const { url } = await open([route('POST', '/a')], {
      f: () => {
        called = true;
      },
    });
    const body = new Uint8Array(10 * 1024 * 1024 + 1);
    const response = await fetch(`${url}/a`, { method: 'POST', body });
    expect(response.status).toBe(413);
    expect(await messageOf(response)).toBe('Request Entity Too Large');
    expect(called).toBe(false);
  });

  test('with over 10 KB of headers is refused: 431', async () => {
    const { url } = await open([route('GET', '/x')], { f: () => 'ok' });
    expect((await fetch(`${url}/x`, { headers: { a: 'x'.repeat(9_000) } })).status).toBe(200);
    expect((await fetch(`${url}/x`, { headers: { a: 'x'.repeat(11_000) } })).status).toBe(431);
  });

  test('is kept for the next request', async () => {
    const { url } = await open([route('GET', '/x')], { f: () => 'ok' });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    for (let n = 0; n < 3; n++) {
      const [response] = await once(request(`${url}/x`, { agent }).end(), 'response');
      sockets.add(response.socket);
      await response.resume().toArray();
    }
    agent.destroy();
    expect(sockets.size).toBe(1);
  });

  test('that breaks within a request leaves the door open', async () => {
    const { url } = await open([route('POST', '/x')], { f: () => 'ok' });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
    socket.destroy();
    await once(socket, 'close');
    expect((await fetch(`${url}/x`, { method: 'POST' })).status).toBe(200);
  });

  test('brings whatever bytes: the door stays open', async () => {
    const { url, reports } = await open([route('POST', '/x')], { f: () => 'ok' });
    const port = Number(new URL(url).port);
    const lines = fc.constantFrom(
      ...['POST /x HTTP/1.1\r\n', 'host: x\r\n', 'content-length: 5\r\n', 'content-length: -1\r\n'],
      ...[
        'transfer-encoding: chunked\r\n',
        '5\r\nhello\r\n',
        '0\r\n\r\n',
        '\r\n',
        'zz\r\n',
        'GET ',
      ],
    );
    const bytes = fc.array(fc.oneof(lines, fc.string({ unit: 'binary', maxLength: 8 })));
    await fc.assert(
      fc.asyncProperty(bytes, async (parts) => {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => {}); // the door may hang up while this still sends
        socket.end(parts.join(''));
        await socket.resume().toArray();
      }),
      { numRuns: 200 },
    );
    expect((await fetch(`${url}/x`, { method: 'POST' })).status).toBe(200);
    expect(reports.filter((error) => !/aborted/.test(String(error)))).toEqual([]);
  });

  test('closing answers what is under way first, then refuses', async () => {
    let finish = () => {};
    let arrived = () => {};
    const underWay = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const door = await open([route('GET', '/x')], {
      f: () => {
        arrived();
        return new Promise((resolve) => {
          finish = () => resolve('late');
        });
      },
    });
    const response = fetch(`${door.url}/x`);
    await underWay;
    const closed = door.close();
    finish();
    expect(await (await response).json()).toBe('late');
    await closed;
    await expect(fetch(`${door.url}/x`)).rejects.toThrow();
  });

  test('on a port already taken is refused by name', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const ports = {
      wiring: { routes: [], authorizers: [], cors: null },
      invoke: async () => undefined,
      other: async () => false,
      report: () => undefined,
    };
    await expect(openHttpDoor(port, ports)).rejects.toMatchObject({
      name: 'PortInUse',
      message: expect.stringContaining(`port ${port}`),
    });
    other.close();
  });
});
