import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { openOnlineStore } from '#adapters/online-store';
import { openSecretStore } from '#adapters/secret-store';
import { resourceNamed } from '../local/environment.ts';
import { importOrderLines } from '../local/import-order-lines.ts';
import { openLake } from '../local/lake.ts';
import { openHistory } from '../local/machines/history.ts';
import { seeThrough } from '../local/machines/run-here.ts';
import { readProjectWiring } from '../local/project.ts';
import { ORDER_FORMATS } from '../local/read-orders.ts';
import { writeWhole } from '../local/write-whole.ts';
import { causeText } from '../shared/domain/cause-text.ts';
import { answerCustomer } from '../shared/domain/clv-publication/answer-customer.ts';
import { readCurrent } from '../shared/domain/clv-publication/publication.ts';
import { publicationNotice } from '../shared/domain/clv-publication/publication-notice.ts';
import { asOfDay, runOf, scoringRequest } from '../shared/domain/clv-publication/scoring-plan.ts';
import { segmentLists } from '../shared/domain/clv-publication/segment-lists.ts';
import { parseKeyRing } from '../shared/domain/identity.ts';
import { provisionKeyRing } from '../shared/embedded/secret-store.ts';
import { openStateMachines } from '../shared/embedded/state-machines.ts';
import { NotEnoughData, Usage } from '../shared/errors.ts';
import { progressLine } from './progress.ts';

export function register(clv: Command): void {
  clv
    .command('publish')
    .description(
      'score the whole base, check it and publish it: the machine clv-scoring, seen through',
    )
    .option(
      '--orders <format:file[,file…]>',
      `into the lake first; formats: ${ORDER_FORMATS.join(', ')}`,
    )
    .option('--as-of <date>', 'YYYY-MM-DD: orders before this day count (default: today)')
    .option('--parts <n>', 'in how many the base is cut', '4')
    .option('--accept-shift <reason>', "publish also where the mean is far from last week's")
    .option('--json', 'print the run as JSON')
    .action(publish);
  clv
    .command('show')
    .description('what is published of a customer, as the API answers it')
    .argument('<customer>', "the shop's own id")
    .action(show);
  clv
    .command('export')
    .description('what is published as a list a tier, for marketing')
    .requiredOption('--out <folder>', 'high.csv, medium.csv and low.csv')
    .option('--json', 'print the summary as JSON')
    .action(exportLists);
}

interface Flags {
  readonly orders?: string;
  readonly asOf?: string;
  readonly parts: string;
  readonly acceptShift?: string;
  readonly json?: boolean;
}

const EXIT_FAILED = 1;

async function keyRing() {
  const secret = resourceNamed('PSEUDONYM_SECRET');
  provisionKeyRing(secret);
  return parseKeyRing(await openSecretStore().read(secret));
}

async function publish(flags: Flags): Promise<void> {
  const parsed = scoringRequest.safeParse({
    as_of: flags.asOf,
    parts: Number(flags.parts),
    accept_shift: flags.acceptShift,
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Usage(`--${issue?.path.join('.').replace('_', '-')}: ${issue?.message}`);
  }
  const asOf = asOfDay(parsed.data, openClock().now());
  const progress = progressLine();
  const imported =
    flags.orders === undefined
      ? null
      : await importOrderLines(flags.orders, await keyRing(), openLake(), (lines) =>
          progress.show(`${lines} lines into the lake`),
        );
  const wiring = readProjectWiring('dev');
  const machine = wiring.machines.find(({ name }) => name === 'clv-scoring');
  if (machine === undefined) throw new Usage('serverless.yml has no machine clv-scoring');
  const input = JSON.stringify({ ...parsed.data, as_of: asOf });
  const cause = createHash('sha256').update(JSON.stringify({ input, imported }));
  const name = `${runOf(asOf)}-${cause.digest('hex').slice(0, 8)}`;
  await openStateMachines().start(machine.resource, name, input);
  const { status, output } = await seeThrough(machine, name, wiring, (state) =>
    progress.show(state),
  );
  progress.end();
  const failure = openHistory()
    .read({ machine: machine.resource, name })
    .find(({ type }) => type === 'ExecutionFailed');
  const current = await readCurrent(openLake());
  if (flags.json)
    process.stdout.write(
      `${JSON.stringify({ run: name, status, imported, failure: failure ?? null, published: output === null ? null : JSON.parse(output) })}\n`,
    );
  else if (status === 'SUCCEEDED' && current !== null)
    process.stdout.write(publicationNotice(current, JSON.parse(output ?? '{}').drift).body);
  if (status === 'SUCCEEDED') return;
  const advice =
    failure?.error === 'ScoresHalted'
      ? 'Where the numbers are right: --accept-shift "<reason>"'
      : `When it is mended: foresight machines redrive clv-scoring ${name}`;
  process.stderr.write(
    `foresight: ${name} ended as ${status}: ${failure?.error}: ${causeText(failure?.cause ?? 'no cause')}. ${advice}\n`,
  );
  process.exitCode = EXIT_FAILED;
}

async function show(customer: string): Promise<void> {
  const store = openOnlineStore(resourceNamed('ONLINE_TABLE'));
  const answer = await answerCustomer(customer, { store, keyRing: await keyRing() });
  process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
}

async function exportLists(flags: {
  readonly out: string;
  readonly json?: boolean;
}): Promise<void> {
  const lake = openLake();
  const current = await readCurrent(lake);
  if (current === null)
    throw new NotEnoughData('nothing is published yet: foresight clv publish makes it');
  const lists = await segmentLists(current, lake);
  mkdirSync(flags.out, { recursive: true });
  for (const { tier, bytes } of lists) writeWhole(join(flags.out, `${tier}.csv`), bytes);
  const summary = {
    as_of: current.as_of,
    customers: Object.fromEntries(lists.map(({ tier, customers }) => [tier, customers])),
    ids: 'pseudonyms',
  };
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(summary)}\n`
      : `${lists.map(({ tier, customers }) => `${tier}: ${customers} customers\n`).join('')}As of ${current.as_of}. Customers go by their pseudonyms: there is no table of the shop's own ids yet to join them with.\n`,
  );
}
