import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openObjectReader } from '../../shared/aws/object-reader.ts';
import { close, redirectTo } from './aws-environment.ts';

let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse, attempt: number) => void;
let attempts: number;
const read = (signal?: AbortSignal) => openObjectReader('models').get('propensity/1', signal);

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response, ++attempts));
  await redirectTo('S3', server);
});

beforeEach(() => {
  attempts = 0;
});

afterAll(() => close(server));

test('signs the path as S3 writes it: everything escaped but the slashes', async () => {
  let path: string | undefined;
  answer = (request, response) => {
    path = request.url;
    response.end();
  };
  await openObjectReader('models').get("it's (one)/v!*+ é");
  expect(path).toBe('/models/it%27s%20%28one%29/v%21%2A%2B%20%C3%A9');
});

test('repeats after a server error and after a broken connection', async () => {
  answer = (request, response, attempt) => {
    if (attempt === 1) response.writeHead(503).end('SlowDown');
    else if (attempt === 2) request.socket.destroy();
    else response.end('model');
  };
  expect(Buffer.from((await read()) ?? []).toString()).toBe('model');
});

test('gives up after three attempts, and says what S3 answered', async () => {
  answer = (_request, response) => response.writeHead(403).end('<Code>AccessDenied</Code>');
  await expect(read()).rejects.toMatchObject({
    name: 'StoreUnavailable',
    message: expect.stringMatching(/models\/propensity\/1.*status 403.*AccessDenied/),
  });
  expect(attempts).toBe(3);
});

test('ends with the signal while S3 stalls', async () => {
  const controller = new AbortController();
  answer = () => controller.abort();
  await expect(read(controller.signal)).rejects.toMatchObject({ name: 'DeadlineExceeded' });
  expect(attempts).toBe(1);
});
