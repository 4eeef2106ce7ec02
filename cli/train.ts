import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { resourceNamed } from '../local/environment.ts';
import { lakeEvents } from '../local/lake-events.ts';
import { openModels } from '../local/models.ts';
import { validateForTraining } from '../local/validate-lake.ts';
import project from '../package.json' with { type: 'json' };
import type { Evaluation } from '../shared/domain/evaluation.ts';
import { metricsTable } from '../shared/domain/model-card.ts';
import { modelInputs, PrefixReplay } from '../shared/domain/prefix-rows.ts';
import {
  TRAINED_KINDS,
  type TrainedKind,
  trainPropensity,
} from '../shared/domain/propensity-training.ts';
import { registerModel } from '../shared/domain/publish-model.ts';
import { validationSummary, warningsText } from '../shared/domain/validation-report.ts';
import { Usage } from '../shared/errors.ts';
import { catalogue } from '../shared/features/catalogue.ts';
import { progressLine } from './progress.ts';

export function register(program: Command): void {
  program
    .command('train')
    .description('train a model on the events of the lake, measure it and register it as candidate')
    .argument('<name>', 'propensity')
    .option('--model <kind>', TRAINED_KINDS.join(' or '), 'trees')
    .option('--from <time>', 'ISO 8601; earlier events only build the state')
    .option('--to <time>', 'ISO 8601; later events are not read')
    .option('--seed <n>', 'of the sampling and of the bootstrap intervals', '1')
    .option('--json', 'print version and metrics as JSON')
    .action(train);
}

interface Flags {
  readonly model: string;
  readonly from?: string;
  readonly to?: string;
  readonly seed: string;
  readonly json?: boolean;
}

const PROGRESS_EVERY = 10_000;

async function train(name: string, flags: Flags): Promise<void> {
  if (name !== 'propensity') throw new Usage(`${name} is no model: use propensity`);
  const kind = kindNamed(flags.model);
  const from = timeOf('--from', flags.from);
  const to = timeOf('--to', flags.to);
  const seed = Number(flags.seed);
  if (!Number.isSafeInteger(seed)) throw new Usage(`--seed ${flags.seed} is no integer`);
  const now = openClock().now();
  const timeZone = resourceNamed('SHOP_TIME_ZONE');

  const progress = progressLine();
  const validated = await validateForTraining({
    range: { from: null, to: to === null ? null : new Date(to).toISOString() },
    now: to ?? now,
    report: (lines) => progress.show(`${lines} events validated`),
  });
  const { rows, events, digest } = await replayLake(from, to, timeZone, (read) =>
    progress.show(`${read} events replayed`),
  );
  progress.show(`training on ${rows.length} rows`);
  const run = {
    runDate: new Date(now).toISOString().slice(0, 10),
    seed,
    dataDigests: [digest],
    codeVersion: project.version,
    timeZone,
  };
  const { folder, evaluation } = await trainPropensity(rows, run, kind);
  await registerModel(
    name,
    folder,
    { registeredAt: new Date(now).toISOString(), registeredBy: 'foresight train' },
    openModels(),
  );
  await validated.accept(digest);
  progress.end();
  const validation = validationSummary(validated.report, validated.reportDigest);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ ...summaryOf(name, folder.version, events, evaluation), data_validation: validation })}\n`
      : `${warningsText(validated.report)}${told(name, folder.version, events, evaluation)}`,
  );
}

/** Replays the lake; what came before `from` is a part of its own, left out of the training. */
async function replayLake(
  from: number | null,
  to: number | null,
  timeZone: string,
  report: (events: number) => void,
) {
  const replay = new PrefixReplay(modelInputs(catalogue()), timeZone);
  const hash = createHash('sha256');
  let events = 0;
  let begun = from === null;
  for await (const { text, event } of lakeEvents(to)) {
    if (!begun && Date.parse(event.received_at) >= (from as number)) {
      begun = true;
      if (events > 0) replay.startPart();
    }
    replay.add(event);
    hash.update(text);
    events++;
    if (events % PROGRESS_EVERY === 0) report(events);
  }
  return { rows: replay.finish(), events, digest: hash.digest('hex') };
}

function kindNamed(name: string): TrainedKind {
  const kind = TRAINED_KINDS.find((known) => known === name);
  if (kind === undefined) throw new Usage(`--model ${name}: use ${TRAINED_KINDS.join(' or ')}`);
  return kind;
}

function timeOf(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new Usage(`${flag} ${text} is no ISO 8601 time`);
  return time;
}

function summaryOf(name: string, version: string, events: number, evaluation: Evaluation) {
  const { models, rows, sessions, buyingSessions, units } = evaluation;
  return {
    model: name,
    version,
    events,
    evaluated_on: { rows, sessions, buying_sessions: buyingSessions, users: units },
    metrics: Object.fromEntries(models),
  };
}

function told(name: string, version: string, events: number, evaluation: Evaluation): string {
  return `${metricsTable(evaluation)}

${events} events. Measured on ${evaluation.rows} rows of ${evaluation.sessions} later sessions, ${evaluation.buyingSessions} of them buying.
Registered ${name} ${version} as candidate. Nothing changes for shoppers until you

  npm run foresight -- models promote ${name} ${version}

`;
}
