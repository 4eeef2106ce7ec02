import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** An emulated AWS account, empty at first, that checks every call's signature and permission. */
export interface Emulator {
  readonly endpoint: string;
  readonly version: string;
  /** Of a process that is the account's owner and knows nothing of this machine's user. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends it and what it started, and removes its files. */
  stop(): Promise<void>;
}

const READY_MS = 60_000;

/** Ends with its input, hence also when the test is killed: the emulator, its functions, its files. */
const HOLDER = `
trap : TERM
"$0" >"$TMPDIR/emulator.log" 2>&1 &
read -r _
kill 0
wait
rm -rf "$TMPDIR"
`;

/** The emulator looks for `.js` and `.mjs` only; Lambda's runtime finds `.cjs` by itself. */
const LOADS_CJS = `--import=data:text/javascript,${encodeURIComponent(
  "const { _extensions } = process.getBuiltinModule('node:module'); _extensions['.cjs'] = _extensions['.js'];",
)}`;

/** @throws Error with the emulator's log where it does not come up */
export async function startEmulator(): Promise<Emulator> {
  const folder = mkdtempSync(join(tmpdir(), 'foresight-emulator-'));
  const port = await freePort();
  const endpoint = `https://127.0.0.1:${port}`;
  const certificate = join(folder, 'ministack-tls', 'server.crt');
  const environment = {
    // `node`, which runs the functions, is this process's own: the Lambda runtime's version.
    PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    HOME: folder,
    TMPDIR: folder,
    AWS_PROFILE: '',
    AWS_CONFIG_FILE: join(folder, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-credentials'),
    NODE_EXTRA_CA_CERTS: certificate,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'deployer',
    AWS_SECRET_ACCESS_KEY: randomBytes(20).toString('hex'),
  };
  const holder = spawn('sh', ['-c', HOLDER, join('.venv', 'deploy', 'bin', 'ministack')], {
    detached: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: {
      ...environment,
      AUTH: 'true',
      USE_SSL: '1',
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      STATE_DIR: join(folder, 'state'),
      S3_DATA_DIR: join(folder, 's3'),
      NODE_OPTIONS: LOADS_CJS,
    },
  });
  const ended = new Promise<void>((resolve) => holder.once('exit', () => resolve()));
  const stop = () => {
    holder.stdin.end();
    return ended;
  };
  try {
    await ready(`${endpoint}/_ministack/ready`, certificate);
  } catch (error) {
    const log = readFileSync(join(folder, 'emulator.log'), 'utf8');
    await stop();
    throw new Error(`the emulator did not come up:\n${log.slice(-4000)}`, { cause: error });
  }
  const health = await fetch(`${endpoint}/_ministack/health`);
  const { version } = (await health.json()) as { version: string };
  return {
    endpoint,
    version,
    environment,
    stop,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Once it answers, this process trusts the certificate that the emulator made for itself. */
async function ready(url: string, certificate: string): Promise<void> {
  const trusted = getCACertificates('default');
  for (const end = Date.now() + READY_MS; ; await sleep(100)) {
    try {
      setDefaultCACertificates([...trusted, readFileSync(certificate, 'utf8')]);
      if ((await fetch(url)).ok) return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
