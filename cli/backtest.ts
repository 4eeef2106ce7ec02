import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { resourceNamed } from '../local/environment.ts';
import { fileEvents } from '../local/file-events.ts';
import { FORMAT_NAMES, formatNamed } from '../local/read-events.ts';
import { openTable } from '../local/read-table.ts';
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
import { UnreadableInput, Usage } from '../shared/errors.ts';
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
    .option(
      '--truth <file>',
      'of simulated test events, from foresight simulate: measures against the perfect observer',
    )
    .option('--by-history', 'measure two models as well: of known users, and of anonymous visitors')
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
  readonly truth?: string;
  readonly byHistory?: boolean;
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
      truth: flags.truth === undefined ? null : await readTruth(flags.truth),
      byHistory: flags.byHistory === true,
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
          ...(backtest.ofBayes && {
            of_bayes: Object.fromEntries(
              [...backtest.ofBayes].map(([name, share]) => [
                name,
                {
                  every_event_once: share.everyEventOnce,
                  every_session_once: share.everySessionOnce,
                  predicted_over_true: share.predictedOverTrue,
                },
              ]),
            ),
          }),
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

/** By row of the file of events, which the truth follows line by line. */
async function readTruth(path: string): Promise<(sourceRow: number) => number> {
  const table = await openTable(path);
  try {
    const truth: number[] = [];
    for await (const { numbers } of table.rows([{ name: 'purchase_probability' }]))
      for (const probability of numbers) truth.push(probability);
    return (sourceRow) => {
      const probability = truth[sourceRow - 1];
      if (probability === undefined)
        throw new UnreadableInput(`${path} has no row ${sourceRow}: it is not of these events`);
      return probability;
    };
  } finally {
    table.close();
  }
}

/** Share of AUC − 0.5 that the perfect observer reaches on the same rows. */
function bayesTold(ofBayes: Backtest['ofBayes']): string {
  if (ofBayes === null) return '';
  const percent = (share: number | null) =>
    share === null ? '–' : `${(100 * share).toFixed(1)} %`;
  const lines = [...ofBayes].map(
    ([model, { everyEventOnce, everySessionOnce, predictedOverTrue }]) =>
      `  ${model}: ${percent(everyEventOnce)} with every event once, ${percent(everySessionOnce)} with every session once; mean score ${predictedOverTrue.toFixed(3)} times the truth\n`,
  );
  return `\nOf what the perfect observer reaches above chance:\n\n${lines.join('')}`;
}

function told(
  out: string,
  model: string,
  { evaluation, tested, censored, ofBayes }: Backtest,
): string {
  const { rows, sessions, buyingSessions, units } = evaluation;
  return `${metricsTable(evaluation)}
${bayesTold(ofBayes)}
Measured on ${rows} rows of ${sessions} sessions (${buyingSessions} buying) of ${units} users; ${censored} rows of sessions still open at the end were left out.
${tested.length} predictions of ${model} are in ${out}
`;
}
