import type { Command } from 'commander';
import { consoleRoutes } from '../local/console.ts';
import { type Platform, startPlatform } from '../local/platform.ts';
import { type LiveShop, startSimulator } from '../local/simulator/live-traffic.ts';
import { tellShop } from '../local/simulator/terminal.ts';
import { Usage } from '../shared/errors.ts';

export function register(program: Command): void {
  program
    .command('start')
    .description('run the whole platform on this machine, with a simulated shop as its traffic')
    .option('--port <n>', 'where the API and the page listen; 0 for any free port', '4100')
    .option(
      '--data-dir <folder>',
      'where everything is kept; made at the first start',
      '.foresight',
    )
    .option('--no-simulator', 'no traffic but your own')
    .option('--seed <n>', 'of the simulated shop', '1')
    .option('--rate <n>', 'events a second of the simulated shop, about', '20')
    .option('--json', 'print one line, when ready: {"ready":true,"url":…,"api_key":…}')
    .action(run);
}

interface Flags {
  readonly port: string;
  readonly dataDir: string;
  readonly simulator: boolean;
  readonly seed: string;
  readonly rate: string;
  readonly json?: boolean;
}

const SAME_SIGNAL_MS = 500;
const EXIT_INTERRUPTED = 130;

async function run(flags: Flags): Promise<void> {
  const port = numberOf('--port', flags.port, (n) => Number.isInteger(n) && n >= 0 && n <= 65_535);
  const seed = numberOf('--seed', flags.seed, Number.isSafeInteger);
  const rate = numberOf('--rate', flags.rate, (n) => n > 0 && n <= 1000);
  const asked = stopAsked();
  let shop: LiveShop | null = null;
  const platform = await startPlatform({
    dataDir: flags.dataDir,
    port,
    pages: (started) => consoleRoutes(started, () => shop),
  });
  // The clock of a replay stands still: no shop could go on there.
  if (flags.simulator && platform.clock === null) shop = startSimulator(platform, { seed, rate });
  process.stdout.write(flags.json ? readyLine(platform) : welcome(platform, shop !== null));
  const endTelling = shop === null || flags.json ? null : tellShop(shop, process.stderr);
  await asked;
  endTelling?.();
  process.stderr.write('\nfinishing what is under way; once more to stop at once\n');
  await shop?.stop();
  try {
    await platform.drain();
  } finally {
    // What could not be drained, as with a full disk, stays on the streams for the next start.
    await platform.stop();
  }
}

/**
 * Resolves at the first signal; a later one ends the process where it stands, which is safe too.
 * Ctrl-C reaches this process from the terminal and again from its launcher: that is one signal.
 */
function stopAsked(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const asked = () => {
      first ??= performance.now();
      resolve();
      if (performance.now() - first > SAME_SIGNAL_MS) process.exit(EXIT_INTERRUPTED);
    };
    process.on('SIGINT', asked).on('SIGTERM', asked);
  });
}

function readyLine({ url, apiKey }: Platform): string {
  return `${JSON.stringify({ ready: true, url, api_key: apiKey })}\n`;
}

function welcome({ url, apiKey, dataDir }: Platform, simulated: boolean): string {
  const call = (path: string, body: object) => `  curl ${url}${path} \\
    -H 'content-type: application/json' -H 'x-api-key: ${apiKey}' \\
    -d '${JSON.stringify(body)}'
`;
  const event = { event_type: 'add_to_cart', anonymous_id: 'me', product_id: 'p1', price: 19.9 };
  return `
Foresight is ready${simulated ? ', with a simulated shop as its traffic' : ''}.

  Page      ${url}/
  API key   ${apiKey}
  Data      ${dataDir}

Send an event, then ask how likely a purchase is:

${call('/v1/events', { events: [event] })}
${call('/v1/propensity', { anonymous_id: 'me', reasons: true })}
Ctrl-C stops; the next start goes on where this one ended.
`;
}

function numberOf(flag: string, text: string, fits: (value: number) => boolean): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!fits(value)) throw new Usage(`${flag} ${text} is not a number it can work with`);
  return value;
}
