import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { FigureKeeper } from './live-figures.ts';
import type { Pages, Platform } from './platform.ts';
import type { LiveShop } from './simulator/live-traffic.ts';

const FOLDER = join(import.meta.dirname, '..', 'console');

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/console/console.css': ['console.css', 'text/css; charset=utf-8'],
  '/console/console.js': ['console.js', 'text/javascript; charset=utf-8'],
  '/console/charts.js': ['charts.js', 'text/javascript; charset=utf-8'],
  '/console/format.js': ['format.js', 'text/javascript; charset=utf-8'],
  '/console/score-table.js': ['score-table.js', 'text/javascript; charset=utf-8'],
  '/console/icon.svg': ['icon.svg', 'image/svg+xml'],
};
const FIGURES = '/console/live.json';

/** Only the platform's own files and answers; no frames, no forms, no other origins. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
} as const;

/**
 * The first page and its figures, for this machine's browser only: the page holds the API key, so
 * a name that merely resolves to this machine (DNS rebinding) is refused.
 * @param shop the simulated shop that runs now, if any
 */
export function consoleRoutes(platform: Platform, shop: () => LiveShop | null): Pages {
  const keeper = new FigureKeeper(platform);
  return async (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
    if (file === undefined && path !== FIGURES) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    if (!isLocal(request)) {
      answer(request, response, 421, 'text/plain; charset=utf-8', 'ask for 127.0.0.1\n');
    } else if (file === undefined) {
      const figures = JSON.stringify(await keeper.figures(shop()));
      answer(request, response, 200, 'application/json', figures);
    } else {
      const [name, type] = file;
      answer(request, response, 200, type, readFileSync(join(FOLDER, name)));
    }
    return true;
  };
}

function isLocal({ headers }: IncomingMessage): boolean {
  return /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(headers.host ?? '');
}

function answer(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
): void {
  response.writeHead(status, {
    ...HEADERS,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
  });
  response.end(method === 'HEAD' ? undefined : body);
}
