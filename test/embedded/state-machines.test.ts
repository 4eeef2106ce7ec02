import { expect, test } from 'vitest';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import { stateMachinesContract } from '../contracts/state-machines.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

freshDataDirectory();

stateMachinesContract(() => {
  const machines = openStateMachines();
  return { machines, machine: 'Contract', abort: (run) => machines.end(run, 'ABORTED', null) };
});

test('a runner finds what runs, the oldest first, and each run ends once', async () => {
  const machines = openStateMachines();
  for (const name of ['a', 'b', 'c']) await machines.start('Runner', name, '{}');
  const runs = () => machines.running().filter(({ machine }) => machine === 'Runner');
  expect(runs().map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  const b = { machine: 'Runner', name: 'b' };
  await machines.end(b, 'SUCCEEDED', '{"version":"v1"}');
  await machines.end(b, 'FAILED', null);
  expect(runs().map(({ name }) => name)).toEqual(['a', 'c']);
  expect(await openStateMachines().find('Runner', 'b')).toMatchObject({
    status: 'SUCCEEDED',
    output: '{"version":"v1"}',
  });
});
