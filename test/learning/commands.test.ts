import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { register as registerBacktest } from '../../cli/backtest.ts';
import { register as registerImport } from '../../cli/import.ts';
import { register as registerModels } from '../../cli/models.ts';
import { register as registerTrain } from '../../cli/train.ts';
import { useEnvironment } from '../../local/environment.ts';
import { readProjectWiring } from '../../local/project.ts';
import { hasCartRule } from '../../shared/domain/has-cart-rule.ts';
import { closeDataDirectory, dataDirectory } from '../../shared/embedded/data-directory.ts';
import {
  FutureInformation,
  ModelDigestMismatch,
  ModelNotFound,
  ModelRejected,
  NotEnoughData,
  UnreadableInput,
  Usage,
} from '../../shared/errors.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { printedBy } from '../printed-by.ts';
import { eventAt, shopTraffic } from './events.ts';

const folder = mkdtempSync(join(tmpdir(), 'learning-'));
const dataDir = join(folder, 'data');
const file = (name: string) => join(folder, name);

/** Of the last command. */
let exitCode: typeof process.exitCode;

/** What a command printed, in this process. */
async function foresight(...words: string[]): Promise<string> {
  const commands = [registerImport, registerTrain, registerModels, registerBacktest];
  try {
    return await printedBy(commands, words);
  } finally {
    exitCode = process.exitCode ?? 0;
    process.exitCode = 0;
  }
}

const json = async (...words: string[]) => JSON.parse(await foresight(...words, '--json'));

function writeEvents(name: string, events: readonly EnrichedEvent[]): void {
  writeFileSync(file(name), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

const traffic = shopTraffic(21, 450, 14);
const half = Math.floor(traffic.length / 2);

beforeAll(async () => {
  useEnvironment(readProjectWiring('dev'), dataDir);
  writeEvents('all.jsonl', traffic);
  writeEvents('before.jsonl', traffic.slice(0, half));
  writeEvents('after.jsonl', traffic.slice(half));
  await json('import', 'canonical', file('all.jsonl'));
}, 60_000);
afterAll(async () => {
  await closeDataDirectory(dataDirectory());
  rmSync(folder, { recursive: true });
});

const train = (...more: string[]) => json('train', 'propensity', ...more);
const list = () => json('models', 'list', 'propensity');

test('a version that fails a gate is registered as rejected, and serves only for a stated reason', async () => {
  // So few sessions cannot prove that trees are as good as the simpler model.
  const { version, events, metrics, status, rejected_by } = await train('--why', 'a first try');
  expect(exitCode).toBe(1);
  expect(status).toBe('rejected');
  expect(rejected_by).toContain('auc-over-logistic');
  expect(events).toBe(traffic.length);
  expect(metrics.trees.auc_weighted.value).toBeGreaterThan(0.6);
  expect(metrics.logistic.auc_weighted.value).toBeGreaterThan(0.6);
  expect(metrics['has-cart'].auc_weighted.value).toBeGreaterThan(0.5);

  const before = await list();
  expect(before.routing).toBeNull();
  expect(before.versions).toMatchObject([{ version, status: 'rejected', serves_as: null }]);
  expect(before.versions[0].reason).toContain('auc-over-logistic: ');
  expect(await foresight('models', 'list', 'propensity')).toContain(hasCartRule().version);
  expect(await foresight('models', 'show', 'propensity', version)).toContain('rejected');
  expect(await foresight('models', 'card', 'propensity', version)).toContain('## Gates');
  const manifest = await json('models', 'show', 'propensity', version);
  expect(manifest.gates.map(({ name }: { name: string }) => name)).toContain('one-more-cart');

  const promote = ['models', 'promote', 'propensity', version];
  await expect(foresight(...promote)).rejects.toThrow(ModelRejected);
  await expect(foresight(...promote, '--override', ' ')).rejects.toThrow(ModelRejected);
  expect((await list()).routing).toBeNull();
  expect(await json(...promote, '--override', 'a trial on desktops')).toMatchObject({
    champion: version,
    previous: null,
    epoch: 1,
  });
  expect((await list()).versions[0].serves_as).toBe('champion');
  const { promotions, registered_by } = await json('models', 'lineage', 'propensity', version);
  expect(registered_by).toContain('a first try');
  expect(promotions).toMatchObject([{ version, override: 'a trial on desktops' }]);
  expect(promotions[0].objection).toContain('auc-over-logistic');
}, 120_000);

test('a version is made again byte for byte, although the lake has grown since', async () => {
  const { versions } = await list();
  const { version } = versions.at(-1);
  // Delivered at least once: the lake may hold every event twice; and later ones have come.
  const bronze = join(dataDir, 'LakeBucket', 'bronze', 'enriched_events');
  for (const folderOfDay of readdirSync(bronze))
    for (const name of readdirSync(join(bronze, folderOfDay)))
      cpSync(join(bronze, folderOfDay, name), join(bronze, folderOfDay, `again-${name}`));
  const later = eventAt(60 * 24 * 60, 'product_view', { visitor: 'late' });
  const day = join(bronze, readdirSync(bronze)[0] as string);
  writeFileSync(join(day, 'later.jsonl'), JSON.stringify(later));
  const again = await json('models', 'reproduce', 'propensity', version);
  expect(again).toEqual({ version, reproduced: version, same: true, differences: [] });
  expect(exitCode).toBe(0);

  const first = traffic[0] as EnrichedEvent;
  const changed = { ...first, order_key: `${first.order_key}!` };
  writeFileSync(join(day, 'changed.jsonl'), JSON.stringify(changed));
  const other = await json('models', 'reproduce', 'propensity', version);
  expect(exitCode).toBe(1);
  expect(other.same).toBe(false);
  expect(other.differences[0]).toContain('the events of the range are others');
  rmSync(join(day, 'changed.jsonl'));
  rmSync(join(day, 'later.jsonl'));
}, 120_000);

test('the next version is measured beside the champion, and compared pair by pair', async () => {
  const { champion } = (await list()).routing;
  const { version, metrics, gates } = await train('--model', 'logistic');
  expect(metrics.logistic.auc_weighted_gain_over_champion).toBeDefined();
  expect(gates.map(({ name }: { name: string }) => name)).toContain('auc-over-champion');
  const compared = await json('models', 'compare', 'propensity', champion, version);
  expect(compared.unpaired_because).toBeNull();
  const auc = compared.metrics.find(({ metric }: { metric: string }) => metric === 'auc_weighted');
  expect(auc.difference.value).toBeCloseTo(auc.after.value - auc.before.value, 12);
  expect(auc.difference.lower).toBeLessThanOrEqual(auc.difference.upper);
  expect(await foresight('models', 'compare', 'propensity', champion, version)).toContain('auc');
}, 120_000);

test('a time range limits the rows, not the history they build on; a damaged version stays out', async () => {
  const middle = traffic[half]?.received_at as string;
  expect((await train('--to', middle)).events).toBe(half);
  const { version, events } = await train('--from', middle);
  expect(events).toBe(traffic.length);
  const { training } = await json('models', 'show', 'propensity', version);
  expect(training.from >= middle).toBe(true);

  const path = join(dataDir, 'ModelsBucket', 'propensity', version, 'forest.bin');
  const forest = readFileSync(path);
  forest.writeUInt8((forest.at(-1) as number) ^ 1, forest.length - 1);
  writeFileSync(path, forest);
  const promotion = foresight('models', 'promote', 'propensity', version, '--override', 'x');
  await expect(promotion).rejects.toThrow(ModelDigestMismatch);
  const { routing, versions } = await list();
  expect(routing?.champion).not.toBe(version);
  expect(versions.find((listed: { version: string }) => listed.version === version)).toMatchObject({
    unusable: expect.stringContaining('forest.bin'),
  });
}, 120_000);

test('a search is recorded with every trial, and made again', async () => {
  const tuned = await train('--tune', '--trials', '2', '--window', '10', '--group-users');
  expect(tuned.window).toMatchObject({ window_days: 10, group_users: true, tuning_trials: 2 });
  const report = JSON.parse(
    readFileSync(
      join(dataDir, 'ModelsBucket', 'propensity', tuned.version, 'evaluation.json'),
      'utf8',
    ),
  );
  expect(report.trials.map(({ trial }: { trial: number }) => trial)).toEqual([1, 2]);
  for (const { cut_offs } of report.trials)
    expect(cut_offs[0].learning_curve.length).toBeGreaterThan(1);
  const again = await json('models', 'reproduce', 'propensity', tuned.version);
  expect(again).toMatchObject({ same: true, differences: [] });
  const { training } = await json('models', 'show', 'propensity', tuned.version);
  expect(training.replay).toMatchObject({ events: traffic.length, snapshots: null });
}, 120_000);

test('rows planted with future information register nothing, and the champion stays', async () => {
  const before = await list();
  const bronze = join(dataDir, 'LakeBucket', 'bronze', 'enriched_events');
  const day = join(bronze, readdirSync(bronze)[0] as string);
  const planted = traffic.slice(0, 10).map((event, index) => ({
    ...event,
    event_id: `planted-${index}`,
    order_key: `${event.order_key}-planted`,
    received_at: new Date(Date.parse(event.received_at) + 3_600_000).toISOString(),
  }));
  const path = join(day, 'planted.jsonl');
  writeFileSync(path, planted.map((event) => `${JSON.stringify(event)}\n`).join(''));
  try {
    const training = train();
    await expect(training).rejects.toThrow(FutureInformation);
    await expect(training).rejects.toThrow(/10 rows .*planted-0 .*planted-9 /);
  } finally {
    rmSync(path);
  }
  expect(await list()).toEqual(before);
}, 60_000);

const files = [
  '--train',
  `canonical:${file('before.jsonl')}`,
  '--test',
  `canonical:${file('after.jsonl')}`,
  '--out',
  file('predictions.csv'),
];

test('backtest predicts each event before a purchase, and measures each model', async () => {
  const { metrics, predictions, evaluated_on } = await json('backtest', 'propensity', ...files);
  expect(Object.keys(metrics)).toEqual(['has-cart', 'logistic', 'trees']);
  const [heading, ...lines] = readFileSync(file('predictions.csv'), 'utf8').trim().split('\n');
  expect(heading).toBe('source_row,prefix,propensity');
  expect(lines).toHaveLength(predictions.rows);
  expect(evaluated_on.rows + evaluated_on.censored_rows).toBe(predictions.rows);
  const tested = traffic.slice(half);
  for (const line of lines) {
    const [row, prefix, propensity] = line.split(',').map(Number) as [number, number, number];
    expect(tested[row - 1]?.event_type).not.toBe('purchase');
    expect(prefix).toBeGreaterThan(0);
    expect(propensity).toBeGreaterThan(0);
    expect(propensity).toBeLessThan(1);
  }
}, 120_000);

test('what the lake does not hold cannot be trained on, and what is not there not read', async () => {
  const empty = ['train', 'propensity', '--to', '2001-01-01T00:00:00Z'];
  const absent = ['backtest', 'propensity', ...files, '--test', `canonical:${file('absent')}`];
  await expect(foresight(...empty)).rejects.toThrow(NotEnoughData);
  await expect(foresight(...absent)).rejects.toThrow(UnreadableInput);
  await expect(foresight('models', 'promote', 'propensity', 'none')).rejects.toThrow(ModelNotFound);
}, 60_000);

describe('wrong usage is refused before anything is read', () => {
  const backtest = ['backtest', 'propensity', ...files];
  const training = ['train', 'propensity'];

  test.each<[string, readonly string[], RegExp]>([
    ['a model that is none', [...backtest, '--model', 'oracle'], /has-cart or logistic or trees/],
    ['a format that is none', [...backtest, '--test', 'excel:x'], /no format/],
    ['a source without a format', [...backtest, '--train', 'events.csv'], /format:file/],
    ['two test files', [...backtest, '--test', 'canonical:a,b'], /one file/],
    ['a feature that is none', [...backtest, '--drop', 'mood'], /mood.*no feature/],
    ['a seed that is no integer', [...backtest, '--seed', 'x'], /seed/],
    ['a name that is no model', ['train', 'clv'], /use propensity/],
    ['a kind that is none', ['train', 'propensity', '--model', 'forest'], /logistic or trees/],
    ['a time that is none', [...training, '--from', 'soon'], /ISO 8601/],
    ['a window that is none', [...training, '--window', '-3'], /number of days above 0/],
    ['trials without a search', [...training, '--trials', '3'], /--tune/],
    ['no trial', [...training, '--tune', '--trials', '0'], /whole number above 0/],
    ['two budgets', [...training, '--tune', '--trials', '3', '--minutes', '1'], /either/],
    ['no time', [...training, '--tune', '--minutes', '0'], /above 0/],
  ])('%s', async (_, words, message) => {
    const refusal = foresight(...words);
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.toThrow(Usage);
  });
});
