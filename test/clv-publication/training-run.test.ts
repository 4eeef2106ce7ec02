import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { register } from '../../cli/machines.ts';
import { openCheckpoints } from '../../local/checkpoints.ts';
import { useEnvironment } from '../../local/environment.ts';
import { startEventRule } from '../../local/event-rules.ts';
import { loadFunctions } from '../../local/functions.ts';
import { openModels } from '../../local/models.ts';
import { readProjectWiring } from '../../local/project.ts';
import { tellDrops } from '../../shared/domain/clv-publication/tell-drops.ts';
import { readFolder } from '../../shared/domain/publish-model.ts';
import { routingKey } from '../../shared/domain/routing.ts';
import { closeDataDirectory, dataDirectory } from '../../shared/embedded/data-directory.ts';
import { openEventBus } from '../../shared/embedded/event-bus.ts';
import { publishedNotices } from '../../shared/embedded/notices.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import { openStreamLog } from '../../shared/embedded/stream-log.ts';
import { payments } from '../clv/shop.ts';
import { printedBy } from '../printed-by.ts';
import { routingTo } from '../routing-to.ts';
import { importOrders } from './machine.ts';

/** The real machines with their real functions, in one data directory, by the commands. */
const folder = mkdtempSync(join(tmpdir(), 'foresight-clv-runs-'));
const wiring = readProjectWiring('dev');
beforeAll(() => useEnvironment(wiring, folder));
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(async () => {
  await closeDataDirectory(dataDirectory());
  rmSync(folder, { recursive: true, force: true });
});

const machines = async (...words: string[]) =>
  JSON.parse(await printedBy([register], ['machines', ...words, '--json']));
const lake = () => openObjectStore('LakeBucket');
const training = (file: string) => `gold/training/run=clv-training-2025-05-06/${file}`;
const INPUT = JSON.stringify({ date: '2025-05-06', horizon_days: 30, most_customers: 55 });

/** Less than half a year: too little to pass the gates. */
const base = payments(60, 120, 7);

test('without orders a run ends with a notice; redriven once they are there, it goes on', async () => {
  const failed = await machines('start', 'clv-training', '--name', 'one', '--input', INPUT);
  expect(failed).toMatchObject({ status: 'FAILED', error: 'NotEnoughData' });
  expect(publishedNotices('MediumNotices')).toMatchObject([
    {
      subject: 'clv-training ended without a version: NotEnoughData',
      body: expect.stringContaining('the lake has no orders'),
    },
  ]);
  await importOrders(base);
  expect(await machines('redrive', 'clv-training', 'one')).toMatchObject({ status: 'SUCCEEDED' });
}, 60_000);

test('the version is registered with its sample, and what its gates said is told', async () => {
  const [entry] = await openModels().registry.list('clv');
  expect(entry).toMatchObject({
    status: 'rejected',
    registeredBy: 'machine clv-training, run clv-training-2025-05-06: by hand',
    reason: expect.stringMatching(/: fail/),
  });
  const version = entry?.version as string;
  const { manifest } = (await readFolder('clv', version, openModels())).folder;
  expect(JSON.parse(Buffer.from(manifest).toString()).training).toMatchObject({
    to: '2025-05-06',
    customers: expect.any(Number),
    parameters: { seed: 1, sampled_from: 60, horizon_days: 30 },
  });
  expect(publishedNotices('MediumNotices').at(-1)).toMatchObject({
    subject: `clv ${version} was rejected by its gates`,
    body: expect.stringMatching(/of 60 customers, 30 days ahead[\s\S]*: fail\./),
  });
});

test('the same start is the same run; done anew, it is the same bytes', async () => {
  const [entry] = await openModels().registry.list('clv');
  const version = await lake().get(training('version.json'));
  const again = await machines('start', 'clv-training', '--name', 'two', '--input', INPUT);
  expect(again.status).toBe('SUCCEEDED');
  for (const file of ['version.json', 'verdict.json']) await lake().delete(training(file));
  await machines('start', 'clv-training', '--name', 'three', '--input', INPUT);
  expect(await lake().get(training('version.json'))).toEqual(version);
  expect(await openModels().registry.list('clv')).toEqual([entry]);
  const other = JSON.stringify({ ...JSON.parse(INPUT), seed: 2 });
  expect(await machines('start', 'clv-training', '--input', other)).toMatchObject({
    error: 'ExecutionConflict',
  });
}, 60_000);

test('too few customers end a run with what to do', async () => {
  const input = JSON.stringify({ date: '2025-01-10', cause: 'few' });
  const ran = await machines('start', 'clv-training', '--input', input);
  expect(ran).toMatchObject({ status: 'FAILED', error: 'NotEnoughData' });
  expect(publishedNotices('MediumNotices').at(-1)?.body).toMatch(
    /clv-training-2025-01-10-few ended with NotEnoughData: \d+ customers had bought before[\s\S]*foresight clv train/,
  );
}, 60_000);

test('a scoring that found no model is redriven once one serves', async () => {
  const input = JSON.stringify({ as_of: '2025-05-06', parts: 1 });
  const failed = await machines('start', 'clv-scoring', '--name', 'week', '--input', input);
  expect(failed).toMatchObject({ status: 'FAILED', error: 'ModelNotFound' });
  const [entry] = await openModels().registry.list('clv');
  await openOnlineStore('OnlineTable').write({
    key: routingKey('clv'),
    version: 1,
    state: JSON.stringify(routingTo(entry?.version as string, { model: 'clv' })),
  });
  const redriven = await machines('redrive', 'clv-scoring', 'week');
  expect(redriven).toMatchObject({ status: 'SUCCEEDED', output: { counts: { customers: 60 } } });
}, 60_000);

test('drops that are announced start one training, of the day', async () => {
  const rule = wiring.eventRules.find(({ types }) => types.includes('ClvPerformanceDropped'));
  if (rule === undefined) throw new RangeError('nobody listens');
  const invoke = await loadFunctions(wiring.functions.filter(({ name }) => name === rule.function));
  const drop = { as_of: '2026-01-05', model_version: 'm', window: 'proxy' as const };
  const figures = { at_release: 0.6, now: 0.4, worse: 1 / 3 };
  await tellDrops(
    (['gini', 'spearman'] as const).map((metric) => ({ ...drop, metric, ...figures })),
    { bus: openEventBus('default'), notices: { publish: async () => undefined } },
  );
  const handled = vi.fn((event: unknown) => invoke(rule.function, event));
  const started = await startEventRule(rule, {
    directory: dataDirectory(),
    log: openStreamLog(dataDirectory(), 'default'),
    checkpoints: openCheckpoints(dataDirectory()),
    invoke: handled,
    report: (error) => {
      throw error;
    },
    now: () => Date.parse('2026-02-03T06:10:00Z'),
  });
  await vi.waitUntil(() => handled.mock.settledResults.filter(isDone).length === 2);
  await started.stop();
  expect(openStateMachines().running()).toMatchObject([
    {
      machine: 'ClvTrainingMachine',
      name: 'clv-training-2026-02-03-drop',
      input: '{"date":"2026-02-03","cause":"drop","why":"values predict worse than at release"}',
    },
  ]);
});

const isDone = ({ type }: { readonly type: string }) => type === 'fulfilled';
