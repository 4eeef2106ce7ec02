import type { Command } from 'commander';
import { readDeployment } from '../local/deployment.ts';
import { readPriceTable } from '../local/price-table.ts';
import {
  type CostLine,
  costOfThousandScores,
  monthlyCost,
  totalOf,
  type Workload,
} from '../shared/domain/monthly-cost.ts';
import { Usage } from '../shared/errors.ts';

export function register(program: Command): void {
  program
    .command('cost')
    .description('what a month of a packaged stage would cost on AWS, line by line')
    .requiredOption('--events <n>', 'events of the month, e.g. 75e6')
    .requiredOption('--scores <n>', 'scores of the month')
    .option('--batch <n>', 'events of a request', '10')
    .option(
      '--visitors <n>',
      'visitors in a request: 1 as a page sends, more as a server does',
      '1',
    )
    .option('--endpoint <instances>', 'score on a SageMaker endpoint of so many instances', '0')
    .option('--stage <name>', 'of resources/stages.yml', 'prod')
    .option('--json', 'one JSON document')
    .action(run);
}

interface Flags {
  readonly events: string;
  readonly scores: string;
  readonly batch: string;
  readonly visitors: string;
  readonly endpoint: string;
  readonly stage: string;
  readonly json?: boolean;
}

function run(flags: Flags): void {
  const work: Workload = {
    events: count('--events', flags.events, 0),
    scores: count('--scores', flags.scores, 0),
    eventsPerRequest: count('--batch', flags.batch, 1),
    visitorsPerRequest: count('--visitors', flags.visitors, 1),
    endpointInstances: count('--endpoint', flags.endpoint, 0),
  };
  const deployment = readDeployment(flags.stage);
  const prices = readPriceTable(deployment.region);
  const lines = monthlyCost(work, deployment, prices);
  const total = totalOf(lines);
  const thousand = work.scores === 0 ? null : costOfThousandScores(work, deployment, prices);
  const { region, date } = prices;
  if (flags.json) {
    const { stage, unknown } = deployment;
    const document = {
      region,
      date,
      stage,
      work,
      lines,
      total,
      thousand_scores: thousand,
      unknown,
    };
    process.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  process.stdout.write(
    [
      `Stage ${flags.stage} in ${region}, USD a month by prices of ${date}, before tax and free allowances`,
      '',
      ...lines.toSorted((left, right) => right.usd - left.usd).map(lineText),
      '',
      `${money(total)}  total`,
      ...(thousand === null ? [] : [`${thousand.toFixed(5).padStart(10)}  for 1,000 scores of it`]),
      ...deployment.unknown.map((type) => `no price is known for ${type}`),
      '',
    ].join('\n'),
  );
}

function lineText({ service, what, quantity, priced, usd }: CostLine): string {
  const amount =
    quantity >= 1000 ? Math.round(quantity).toLocaleString('en-GB') : quantity.toFixed(2);
  return `${money(usd)}  ${service.padEnd(16)}${what.padEnd(38)}${amount.padStart(14)}  ${priced}`;
}

const money = (usd: number) => usd.toFixed(2).padStart(10);

function count(flag: string, text: string, least: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new Usage(`${flag} ${text} is no whole number of at least ${least}`);
  }
  return value;
}
