import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { register as registerFeatures } from '../../cli/features.ts';
import { register as registerImport } from '../../cli/import.ts';
import { register as registerModels } from '../../cli/models.ts';
import { useEnvironment } from '../../local/environment.ts';
import { type Invoke, loadFunctions } from '../../local/functions.ts';
import type { WiredMachine } from '../../local/machines/definition.ts';
import { openMachineRunner } from '../../local/machines/open-runner.ts';
import { openModels } from '../../local/models.ts';
import { readProjectWiring } from '../../local/project.ts';
import { sha256 } from '../../shared/domain/model-folder.ts';
import { closeDataDirectory, dataDirectory } from '../../shared/embedded/data-directory.ts';
import { publishedNotices } from '../../shared/embedded/notices.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import { shopTraffic } from '../learning/events.ts';
import { printedBy } from '../printed-by.ts';
import { ended } from './run-machine.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 }); // trains, on a machine that may be busy

const wiring = readProjectWiring('dev');
const machine = wiring.machines.find(({ name }) => name === 'training') as WiredMachine;
const functions = wiring.functions.filter(({ name }) => name.startsWith('training-'));
const folder = mkdtempSync(join(tmpdir(), 'foresight-training-run-'));
const START = { date: '2026-01-19', to: '2026-01-19T12:00:00Z' };
let directories = 0;

const lakeOfAll = join(folder, 'imported');
const wholeRun = join(folder, 'whole');
/** What a run leaves that nothing disturbs. */
let whole: Record<string, string>;
beforeAll(async () => {
  const events = shopTraffic(21, 300, 10);
  const traffic = join(folder, 'traffic.jsonl');
  writeFileSync(traffic, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  useEnvironment(wiring, lakeOfAll);
  await printedBy([registerImport], ['import', 'canonical', traffic]);
  const days = ['--from', '2026-01-09', '--to', '2026-01-10', '--json'];
  await printedBy([registerFeatures], ['features', 'snapshot', ...days]);
  await closeDataDirectory(dataDirectory());
  newShop({ directory: wholeRun });
  await trained('whole');
  whole = await registered();
  await closeDataDirectory(dataDirectory());
});
afterEach(() => closeDataDirectory(dataDirectory()));
afterAll(() => rmSync(folder, { recursive: true }));

/** A data directory of its own, with the same lake: the pseudonyms of two imports would differ. */
function newShop({ empty = false, directory = join(folder, `${directories++}`) } = {}): string {
  useEnvironment(wiring, directory);
  if (!empty) cpSync(join(lakeOfAll, 'LakeBucket'), join(directory, 'LakeBucket'), RECURSIVE);
  return directory;
}
const RECURSIVE = { recursive: true };

/** A process of its own, as far as the machines go. */
async function newRunner(through: (invoke: Invoke) => Invoke = (invoke) => invoke) {
  const invoke = await loadFunctions(functions);
  return openMachineRunner({ machines: [machine], functions }, through(invoke));
}

async function trained(name: string, input: object = START) {
  await openStateMachines().start(machine.resource, name, JSON.stringify(input));
  await (await newRunner()).idle();
  return ended(machine, name);
}

/** All that is registered: the digest of every file, by its key. */
async function registered(): Promise<Record<string, string>> {
  const { files, registry } = openModels();
  const found: Record<string, string> = {};
  for await (const key of files.list('')) found[key] = sha256((await files.get(key)) as Uint8Array);
  for (const { version, manifestDigest, status } of await registry.list('propensity'))
    found[version] = `${manifestDigest} ${status}`;
  return found;
}

const lake = () => openObjectStore('LakeBucket');
const notices = (topic: string) => publishedNotices(topic).map(({ subject }) => subject);

describe('a run', () => {
  test('registers what the command makes again, and tells of it; the same start makes nothing new', async () => {
    useEnvironment(wiring, wholeRun);
    expect((await ended(machine, 'whole')).status).toBe('SUCCEEDED');
    const versions = await openModels().registry.list('propensity');
    expect(versions).toHaveLength(1);
    const [{ version, status, registeredBy }] = versions as [(typeof versions)[number]];
    expect(registeredBy).toBe('machine training, run training-2026-01-19: by hand');
    expect(notices(status === 'candidate' ? 'LowNotices' : 'MediumNotices')).toEqual([
      expect.stringContaining(`propensity ${version}`),
    ]);
    expect((await trained('two')).status).toBe('SUCCEEDED');
    expect(await registered()).toEqual(whole);
    const models = (...words: string[]) =>
      printedBy([registerModels], ['models', ...words, version, '--json']).then(JSON.parse);
    const { training } = await models('show', 'propensity');
    expect(training.replay.snapshots).toMatchObject({ first: '2026-01-09', files: 4 });
    // They were joined: with and without them, models were compared.
    expect(training.parameters).toHaveProperty('calibration_loss_with_batch_features');
    expect(await models('reproduce', 'propensity')).toMatchObject({ same: true });
  });

  test('of the same name with other parameters is refused, and told', async () => {
    newShop();
    await openObjectStore('LakeBucket').put(
      'gold/training/run=training-2026-01-19/run.json',
      Buffer.from(
        JSON.stringify({
          ...{ ...START, model: 'trees', trainer: 'function', from: null, seed: 7, why: 'w' },
          ...{ run_id: 'training-2026-01-19', began_at: START.to, code_version: '1' },
          champion: null,
        }),
      ),
    );
    expect((await trained('one')).status).toBe('FAILED');
    expect(notices('MediumNotices')).toEqual([
      'training: a run of this name exists with other parameters',
    ]);
    expect(await registered()).toEqual({});
  });

  test('without data ends in a notice and registers nothing', async () => {
    newShop({ empty: true });
    expect((await trained('one')).status).toBe('FAILED');
    expect(notices('MediumNotices')).toEqual(['training: not enough data']);
    expect(await registered()).toEqual({});
  });

  test('on data that fail an expectation trains nothing; mended and redriven, it does', async () => {
    newShop();
    const [first] = await keysOf('bronze/enriched_events/');
    const body = (await lake().get(first as string)) as Uint8Array;
    await lake().put(first as string, Buffer.from(body).subarray(0, body.length - 40));
    expect((await trained('one')).status).toBe('FAILED');
    expect(notices('MediumNotices')).toEqual(['training: the data fails its expectations']);
    expect(await keysOf('gold/training/')).toEqual([
      'gold/training/run=training-2026-01-19/run.json',
    ]);
    await lake().put(first as string, body);
    await openStateMachines().redrive(machine.resource, 'one');
    await (await newRunner()).idle();
    expect((await ended(machine, 'one')).status).toBe('SUCCEEDED');
    expect(await registered()).toEqual(whole);
  });

  test('beside a champion that no longer loads is rejected by name, and the champion serves on', async () => {
    newShop();
    const online = openOnlineStore('OnlineTable');
    const state = JSON.stringify({
      ...{ model: 'propensity', champion: '2025-12-01-000000000000', previous: null },
      ...{ challenger: null, percent_bp: 0, shadows: [], salt: 's', epoch: 1 },
      release_execution: null,
    });
    await online.write({ key: 'routing#propensity', version: 1, state });
    expect((await trained('one')).status).toBe('SUCCEEDED');
    const [entry] = await openModels().registry.list('propensity');
    expect(entry).toMatchObject({ status: 'rejected' });
    expect(entry?.reason).toContain('auc-over-champion: fail');
    const routing = (await online.read(['routing#propensity'])).get('routing#propensity');
    expect(routing).toMatchObject({ version: 1, state });
  });
});

describe('a run that has a job train', () => {
  const input = { ...START, trainer: 'training-job' };

  test('registers what the job left; done again, the same bytes', async () => {
    newShop();
    expect((await trained('one', input)).status).toBe('SUCCEEDED');
    const before = await registered();
    expect(Object.keys(before).length).toBeGreaterThan(1);
    for (const key of await keysOf('gold/training/'))
      if (!key.includes('/jobs/')) await lake().delete(key); // the service keeps what it was asked
    expect((await trained('two', input)).status).toBe('SUCCEEDED');
    expect(await registered()).toEqual(before);
  });

  test('whose artifact is malformed registers nothing, and says why', async () => {
    newShop();
    await openStateMachines().start(machine.resource, 'one', JSON.stringify(input));
    const runner = await newRunner((invoke) => async (name, event) => {
      if (name === 'training-adopt-job')
        for (const key of await keysOf('gold/training/'))
          if (key.endsWith('model.tar.gz')) await lake().put(key, Buffer.from('not a model'));
      return invoke(name, event);
    });
    await runner.idle();
    expect((await ended(machine, 'one')).status).toBe('FAILED');
    expect(notices('MediumNotices')).toEqual(['training: the training job left no usable model']);
    expect(await registered()).toEqual({});
  });
});

describe('a run that is killed', () => {
  /** Documents that a step writes last; without them it was killed in the middle of its writing. */
  const LAST: Record<string, string> = {
    'training-begin': 'run.json',
    'training-validate': 'validation.json',
    'training-build-set': 'set.json',
    'training-fit': 'models.json',
    'training-judge': 'verdict.json',
  };
  const STEPS = [...Object.keys(LAST), 'training-register', 'training-tell'];

  /** Kills the process as a step has worked and before the machine has heard of it. */
  async function killedAfter(step: string): Promise<void> {
    const reached = Promise.withResolvers<void>();
    const runner = await newRunner((invoke) => async (name, event) => {
      const answer = await invoke(name, event);
      if (name !== step) return answer;
      reached.resolve();
      throw new Error('killed: the answer never came');
    });
    runner.takeUp();
    await reached.promise;
    await runner.stop();
  }

  test('at any step goes on at the next start: the same bytes, nothing half', async () => {
    newShop();
    await openStateMachines().start(machine.resource, 'cut', JSON.stringify(START));
    for (const step of STEPS) {
      await killedAfter(step);
      expect((await ended(machine, 'cut')).status).toBe('RUNNING');
      const last = LAST[step];
      const versions = await openModels().registry.list('propensity');
      expect(versions).toHaveLength(last === undefined ? 1 : 0);
      if (last !== undefined) await lake().delete(`gold/training/run=training-2026-01-19/${last}`);
    }
    await (await newRunner()).idle();
    expect((await ended(machine, 'cut')).status).toBe('SUCCEEDED');
    expect(await registered()).toEqual(whole);
  });

  /** Starts the command as a process of its own. */
  function started(directory: string): ChildProcess {
    const main = join(import.meta.dirname, '../../cli/main.ts');
    const words = ['machines', 'start', 'training', '--name', 'cut', '--data-dir', directory];
    const input = ['--input', JSON.stringify(START)];
    return spawn(process.execPath, [main, ...words, ...input], { stdio: 'ignore' });
  }

  test('as a process, in the middle of writing, goes on at the next start', async () => {
    const directory = newShop();
    await closeDataDirectory(dataDirectory());
    const run = join(directory, 'LakeBucket/gold/training/run=training-2026-01-19');
    const written = [join(run, 'rows.bin'), join(directory, 'ModelsBucket')];
    for (const path of written) {
      const child = started(directory);
      await vi.waitFor(() => expect(existsSync(path)).toBe(true), { timeout: 50_000, interval: 2 });
      child.kill('SIGKILL');
      const [code, signal] = await once(child, 'exit');
      expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
    }
    useEnvironment(wiring, directory);
    expect(await openModels().registry.list('propensity')).toEqual([]);
    await (await newRunner()).idle();
    expect((await ended(machine, 'cut')).status).toBe('SUCCEEDED');
    expect(await registered()).toEqual(whole);
  });
});

async function keysOf(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of lake().list(prefix)) keys.push(key);
  return keys;
}
