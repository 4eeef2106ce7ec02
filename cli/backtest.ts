import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { resourceNamed } from '../local/environment.ts';
import { fileEvents } from '../local/file-events.ts';
import { FORMAT_NAMES, formatNamed } from '../local/read-events.ts';
import { LineFile } from '../local/simulator/line-file.ts';
import project from '../package.json' with { type: 'json' };
import {
  BACKTEST_MODELS,
  type Backtest,
  type BacktestModel,
  backtestPropensity,
} from '../shared/domain/backtest.ts';
import { metricsTable } from '../shared/domain/model-card.ts';
import { modelInputs, PrefixReplay, type PrefixRows } from '../shared/domain/prefix-rows.ts';
import { Usage } from '../shared/errors.ts';
import { catalogue } from '../shared/features/catalogue.ts';
import { register as registerClv } from './backtest-clv.ts';
import { register as registerTable } from './backtest-table.ts';
import { progressLine } from './progress.ts';

export function register(program: Command): void {
  const backtest = program
    .command('backtest')
    .description('train on some files, predict another one, and measure the predictions');
  registerTable(backtest);
  registerClv(backtest);
  backtest
    .command('propensity')
    .description('train on events, predict every event of a later file, and measure it')
    .requiredOption('--train <format:file[,file…]>', `formats: ${FORMAT_NAMES.join(', ')}`)
    .requiredOption('--test <format:file>', 'the later events; state carries over from training')
    .requiredOption('--out <file>', 'CSV: source_row,prefix,propensity (compressed if .gz)')
    .option('--model <kind>', `whose predictions to write: ${BACKTEST_MODELS.join(', ')}`, 'trees')
    .option('--drop <names>', 'features, or views such as user, that the models may not use')
    .option('--seed <n>', 'of the sampling and of the bootstrap intervals', '1')
    .option('--json', 'print the metrics as JSON')
    .action(run);
}

interface Flags {
  readonly train: string;
  readonly test: string;
  readonly out: string;
  readonly model: string;
  readonly drop?: string;
  readonly seed: string;
  readonly json?: boolean;
}

const PROGRESS_EVERY = 10_000;

async function run(flags: Flags): Promise<void> {
  const model = modelNamed(flags.model);
  const dropped = namesToDrop(flags.drop);
  const seed = Number(flags.seed);
  if (!Number.isSafeInteger(seed)) throw new Usage(`--seed ${flags.seed} is no integer`);
  const train = sourceOf('--train', flags.train);
  const test = sourceOf('--test', flags.test);
  if (test.paths.length > 1) throw new Usage(`--test ${flags.test}: give one file`);

  const timeZone = resourceNamed('SHOP_TIME_ZONE');
  const progress = progressLine();
  const inputs = modelInputs(catalogue());
  const replay = new PrefixReplay(inputs, timeZone);
  const trained = await replayFiles(train, replay, (read) =>
    progress.show(`${read} events to train`),
  );
  replay.startPart();
  const tested = await replayFiles(test, replay, (read) => progress.show(`${read} events to test`));
  const rows = replay.finish();
  progress.show(`training on ${rows.length} rows`);
  const backtest = await backtestPropensity(
    rows,
    {
      runDate: new Date(openClock().now()).toISOString().slice(0, 10),
      seed,
      dataDigests: trained.digests,
      codeVersion: project.version,
      timeZone,
    },
    {
      predict: model,
      features: [...inputs.keys()].filter((feature) => !dropped.has(inputs[feature]?.name ?? '')),
    },
  );
  writePredictions(flags.out, rows, backtest);
  progress.end();
  const { models, rows: measured, sessions, buyingSessions, units } = backtest.evaluation;
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({
          train: trained.counts,
          test: tested.counts,
          predictions: { file: flags.out, model, rows: backtest.tested.length },
          evaluated_on: {
            rows: measured,
            sessions,
            buying_sessions: buyingSessions,
            users: units,
            censored_rows: backtest.censored,
          },
          seed,
          dropped: [...dropped],
          metrics: Object.fromEntries(models),
        })}\n`
      : told(flags.out, model, backtest),
  );
}

function modelNamed(name: string): BacktestModel {
  const model = BACKTEST_MODELS.find((known) => known === name);
  if (model === undefined) throw new Usage(`--model ${name}: use ${BACKTEST_MODELS.join(' or ')}`);
  return model;
}

/** @throws Usage */
function namesToDrop(text: string | undefined): ReadonlySet<string> {
  const inputs = modelInputs(catalogue());
  return new Set(
    (text ?? '')
      .split(',')
      .filter((name) => name !== '')
      .flatMap((name) => {
        const dropped = inputs.filter((input) => input.name === name || input.view === name);
        if (dropped.length === 0)
          throw new Usage(`--drop ${name}: is no feature and no view, see foresight features list`);
        return dropped.map((input) => input.name);
      }),
  );
}

interface Source {
  readonly format: ReturnType<typeof formatNamed>;
  readonly paths: readonly string[];
}

function sourceOf(flag: string, text: string): Source {
  const colon = text.indexOf(':');
  const paths = text
    .slice(colon + 1)
    .split(',')
    .filter((path) => path !== '');
  if (colon < 1 || paths.length === 0)
    throw new Usage(`${flag} ${text}: write format:file, for example retailrocket:events.csv.gz`);
  return { format: formatNamed(text.slice(0, colon)), paths };
}

async function replayFiles(
  { format, paths }: Source,
  replay: PrefixReplay,
  report: (events: number) => void,
) {
  const source = await fileEvents(format, paths);
  const counts = { events: 0, faults: source.faults, refused: 0 };
  for (const { sourceRow, event } of source.events) {
    const enriched = event();
    if (enriched === null) counts.refused++;
    else {
      replay.add(enriched, sourceRow);
      counts.events++;
    }
    if (counts.events % PROGRESS_EVERY === 0) report(counts.events);
  }
  return { counts, digests: source.files.map(({ digest }) => digest) };
}

function writePredictions(
  path: string,
  rows: PrefixRows,
  { tested, propensities }: Backtest,
): void {
  const file = new LineFile(path);
  try {
    file.write('source_row,prefix,propensity');
    for (const [index, row] of tested.entries())
      file.write(`${rows.sourceRow[row]},${rows.prefix[row]},${propensities[index]}`);
    file.keep();
  } finally {
    file.discard();
  }
}

function told(out: string, model: string, { evaluation, tested, censored }: Backtest): string {
  const { rows, sessions, buyingSessions, units } = evaluation;
  return `${metricsTable(evaluation)}

Measured on ${rows} rows of ${sessions} sessions (${buyingSessions} buying) of ${units} users; ${censored} rows of sessions still open at the end were left out.
${tested.length} predictions of ${model} are in ${out}
`;
}
