import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll } from 'vitest';
import { redirect } from './aws-environment.ts';

const PROGRAM = join('.venv', 'emulators', 'bin', 'moto_server');

/** Whether `.ci/python-environment emulators` was run: without it these suites are skipped. */
export const hasMoto = existsSync(PROGRAM);
if (!hasMoto)
  process.stderr.write(`${PROGRAM} is missing: run .ci/python-environment emulators; skipping\n`);

/** A moto server of its own for the tests of a file, for these services. */
export function withMoto(...services: Parameters<typeof redirect>[0][]): void {
  let server: ChildProcess;

  beforeAll(async () => {
    if (!hasMoto) return;
    server = spawn(PROGRAM, ['-H', '127.0.0.1', '-p', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const port = await portOf(server);
    for (const service of services) redirect(service, port);
  });

  afterAll(async () => {
    if (server === undefined) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill();
    await ended;
  });
}

/** The port that the server has taken, which it says when it can be used. */
async function portOf(server: ChildProcess): Promise<number> {
  if (server.stderr === null) throw new Error('moto_server was started without a stderr');
  for await (const line of createInterface(server.stderr)) {
    const port = /Running on http:\/\/[\d.]+:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    server.stderr.resume();
    return Number(port);
  }
  throw new Error('moto_server ended before it could be used');
}
