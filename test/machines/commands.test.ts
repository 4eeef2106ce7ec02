import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { register } from '../../cli/machines.ts';
import { useEnvironment } from '../../local/environment.ts';
import { readProjectWiring } from '../../local/project.ts';
import { closeDataDirectory, dataDirectory } from '../../shared/embedded/data-directory.ts';
import { Usage } from '../../shared/errors.ts';
import { printedBy } from '../printed-by.ts';

const folder = mkdtempSync(join(tmpdir(), 'foresight-machines-'));
const machines = (...words: string[]) => printedBy([register], ['machines', ...words]);

beforeAll(() => useEnvironment(readProjectWiring('dev'), folder));
afterEach(() => {
  process.exitCode = undefined;
});
afterAll(async () => {
  await closeDataDirectory(dataDirectory());
  rmSync(folder, { recursive: true });
});

test('a run that fails is told with its steps and its cause, and fails the command', async () => {
  const run = JSON.parse(await machines('start', 'training', '--name', 'one', '--json'));
  expect(process.exitCode).toBe(1);
  expect(run).toMatchObject({ machine: 'training', run: 'one', status: 'FAILED' });
  expect(run.error).toBe('NotEnoughData');
  expect(run.steps.map(({ state }: { state: string }) => state)).toEqual([
    ...['Begin', 'ValidateData', 'TellFailure', 'Failed'],
  ]);
  expect(await machines('show', 'training', 'one')).toMatch(
    /training one: FAILED[\s\S]*NotEnoughData: the lake has no events/,
  );
  expect(JSON.parse(await machines('list', 'training', '--json'))).toEqual([
    { run: 'one', status: 'FAILED', input: {} },
  ]);
  expect(await machines('list')).toMatch(/training +one +FAILED/);
}, 60_000);

test.each([
  ['a machine that is none', ['start', 'none']],
  ['input that is no object', ['start', 'training', '--input', '[1]']],
  ['a run that is none', ['show', 'training', 'none']],
  ['a redrive of what is no run', ['redrive', 'training', 'none']],
])('%s is a usage error', async (_case, words) => {
  await expect(machines(...words)).rejects.toThrow(Usage);
});
