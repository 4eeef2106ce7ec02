import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { openOnlineStore } from '#adapters/online-store';
import { resourceNamed } from '../local/environment.ts';
import { openModels } from '../local/models.ts';
import { type TrainedOnLake, trainOnLake } from '../local/train-on-lake.ts';
import { validateForTraining } from '../local/validate-lake.ts';
import project from '../package.json' with { type: 'json' };
import { gatesTable, metricsTable } from '../shared/domain/model-card.ts';
import { verifyFolder } from '../shared/domain/model-folder.ts';
import { TRAINED_KINDS, type TrainedKind } from '../shared/domain/propensity-training.ts';
import { readChampion, readRouting, registerModel } from '../shared/domain/publish-model.ts';
import type { SearchBudget } from '../shared/domain/successive-halving.ts';
import { type WindowRules, windowRules } from '../shared/domain/training-window.ts';
import { validationSummary, warningsText } from '../shared/domain/validation-report.ts';
import { Usage } from '../shared/errors.ts';
import { definitionDigests } from '../shared/features/catalogue.ts';
import type { Manifest } from '../shared/schemas/model.ts';
import { progressLine } from './progress.ts';

export function register(program: Command): void {
  program
    .command('train')
    .description(
      'train a model on the events of the lake, measure it, and register it as candidate if it passes its gates',
    )
    .argument('<name>', 'propensity')
    .option('--model <kind>', TRAINED_KINDS.join(' or '), 'trees')
    .option('--from <time>', 'ISO 8601; earlier events only build the state')
    .option('--to <time>', 'ISO 8601; later events are not read')
    .option(
      '--window <days>',
      'only sessions that began in the last so many days, or all (default: 28, or more until 3000 buy; all with --from)',
    )
    .option('--group-users', 'evaluate only users who were not fitted or calibrated on')
    .option('--tune', 'search the parameters of the trees instead of taking the default ones')
    .option('--trials <n>', `of --tune: sets of parameters to try (default: ${DEFAULT_TRIALS})`)
    .option('--minutes <n>', 'of --tune: time for the search, instead of a number of trials')
    .option('--seed <n>', 'of the sampling and of the bootstrap intervals', '1')
    .option('--why <text>', 'kept in the registry', 'by hand')
    .option('--json', 'print version, gates and metrics as JSON')
    .action(train);
}

const DEFAULT_TRIALS = 12;
const MS_PER_MINUTE = 60_000;

interface Flags {
  readonly model: string;
  readonly from?: string;
  readonly to?: string;
  readonly window?: string;
  readonly groupUsers?: boolean;
  readonly tune?: boolean;
  readonly trials?: string;
  readonly minutes?: string;
  readonly seed: string;
  readonly why: string;
  readonly json?: boolean;
}

const EXIT_REJECTED = 1;

async function train(name: string, flags: Flags): Promise<void> {
  if (name !== 'propensity') throw new Usage(`${name} is no model: use propensity`);
  const kind = kindNamed(flags.model);
  const from = timeOf('--from', flags.from);
  const to = timeOf('--to', flags.to);
  const seed = Number(flags.seed);
  if (!Number.isSafeInteger(seed)) throw new Usage(`--seed ${flags.seed} is no integer`);
  const window = windowNamed(flags, from);
  const search = searchNamed(flags);
  const now = openClock().now();
  const timeZone = resourceNamed('SHOP_TIME_ZONE');

  const progress = progressLine();
  const validated = await validateForTraining({
    range: { from: null, to: to === null ? null : new Date(to).toISOString() },
    now: to ?? now,
    report: (lines) => progress.show(`${lines} events validated`),
  });
  const stores = openModels();
  const routing = await readRouting(name, openOnlineStore(resourceNamed('ONLINE_TABLE')));
  const trained = await trainOnLake(
    {
      kind,
      from,
      to,
      seed,
      runDate: new Date(now).toISOString().slice(0, 10),
      timeZone,
      codeVersion: project.version,
      champion:
        routing === null
          ? null
          : await readChampion(name, routing.champion, definitionDigests(), stores),
      window,
      search,
    },
    (text) => progress.show(text),
  );
  const reason = trained.blocking.map((gate) => `${gate.name}: ${gate.verdict}`).join(', ');
  await registerModel(
    name,
    trained.folder,
    {
      registeredAt: new Date(now).toISOString(),
      registeredBy: `foresight train, ${userInfo().username}: ${flags.why}`,
      ...(reason !== '' && { reason }),
    },
    stores,
  );
  await validated.accept(trained.digest);
  progress.end();
  const validation = validationSummary(validated.report, validated.reportDigest);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ ...summaryOf(name, trained), data_validation: validation })}\n`
      : `${warningsText(validated.report)}${told(name, trained)}`,
  );
  if (reason !== '') process.exitCode = EXIT_REJECTED;
}

function kindNamed(name: string): TrainedKind {
  const kind = TRAINED_KINDS.find((known) => known === name);
  if (kind === undefined) throw new Usage(`--model ${name}: use ${TRAINED_KINDS.join(' or ')}`);
  return kind;
}

/** @throws Usage */
function windowNamed(
  { window, groupUsers = false }: Flags,
  from: number | null,
): WindowRules | undefined {
  const days = window === undefined || window === 'all' ? window : Number(window);
  if (typeof days === 'number' && !(days > 0 && Number.isFinite(days)))
    throw new Usage(`--window ${window} is no number of days above 0, and not all`);
  return windowRules(days, groupUsers, from !== null);
}

/** @throws Usage */
function searchNamed({ tune, trials, minutes }: Flags): SearchBudget | undefined {
  if (!tune) {
    if (trials !== undefined || minutes !== undefined)
      throw new Usage('--trials and --minutes are of --tune: give that too');
    return undefined;
  }
  if (minutes === undefined) {
    const count = Number(trials ?? DEFAULT_TRIALS);
    if (!Number.isSafeInteger(count) || count < 1)
      throw new Usage(`--trials ${trials} is no whole number above 0`);
    return { trials: count };
  }
  if (trials !== undefined) throw new Usage('give either --trials or --minutes');
  const time = Number(minutes) * MS_PER_MINUTE;
  if (!(time > 0)) throw new Usage(`--minutes ${minutes} is no number above 0`);
  const started = performance.now();
  return { used: () => (performance.now() - started) / time };
}

function timeOf(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new Usage(`${flag} ${text} is no ISO 8601 time`);
  return time;
}

function summaryOf(name: string, { folder, events, evaluation, gated, blocking }: TrainedOnLake) {
  const { models, rows, sessions, buyingSessions, units } = evaluation;
  return {
    model: name,
    version: folder.version,
    status: blocking.length === 0 ? 'candidate' : 'rejected',
    rejected_by: blocking.map((gate) => gate.name),
    events,
    evaluated_on: { rows, sessions, buying_sessions: buyingSessions, users: units },
    window: windowOf(verifyFolder(folder).training.parameters),
    gates: gated.gates,
    confident_from: gated.confidentFrom,
    latency_ratio: gated.latencyRatio,
    metrics: Object.fromEntries(models),
  };
}

function windowOf(parameters: Manifest['training']['parameters']) {
  return Object.fromEntries(
    Object.entries(parameters).filter(([name]) =>
      /^(?:window_|group_users|fit_from|calibrate_from|evaluate_|batch_features|tuning_)/.test(
        name,
      ),
    ),
  );
}

function told(name: string, trained: TrainedOnLake): string {
  const { folder, events, evaluation, gated, blocking } = trained;
  const open = gated.gates.filter(({ verdict }) => verdict === 'not-enough-data');
  return `${metricsTable(evaluation)}

${gatesTable(gated.gates)}

${windowTold(trained)}
${events} events. Measured on ${evaluation.rows} rows of ${evaluation.sessions} later sessions, ${evaluation.buyingSessions} of them buying.
A score takes ${gated.latencyRatio?.toFixed(1) ?? '–'} times as long as decoding its vector.${open.length === 0 ? '' : `\nThe data cannot decide ${open.map((gate) => gate.name).join(', ')}.`}
${blocking.length === 0 ? candidate(name, folder.version) : rejected(name, folder.version, blocking)}`;
}

/** Which sessions were used, and whether the window reached back further than the events. */
function windowTold({ folder }: TrainedOnLake): string {
  const { window_days, window_days_used, fit_from, calibrate_from, evaluate_from, evaluate_to } =
    verifyFolder(folder).training.parameters;
  const used = Number(window_days_used);
  const short =
    typeof window_days !== 'number' || Math.abs(used - window_days) < 1
      ? ''
      : used < window_days
        ? ` The events reach back ${used} days, less than the window of ${window_days}.`
        : ` ${window_days} days hold too few buying sessions: ${used} are used.`;
  return `Fitted on sessions from ${fit_from}, calibrated from ${calibrate_from}, measured from ${evaluate_from} to ${evaluate_to}.${short}`;
}

function candidate(name: string, version: string): string {
  return `Registered ${name} ${version} as candidate. Nothing changes for shoppers until you

  npm run foresight -- models promote ${name} ${version}

`;
}

function rejected(name: string, version: string, blocking: TrainedOnLake['blocking']): string {
  return `Registered ${name} ${version} as rejected:

${blocking.map((gate) => `  ${gate.name}: ${gate.verdict}. ${gate.rule}${gate.detail === undefined ? '' : ` (${gate.detail})`}\n`).join('')}
`;
}
