import { setTimeout as sleep } from 'node:timers/promises';
import { dataDirectory, lockDataDirectory } from '../../shared/embedded/data-directory.ts';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import { DataDirectoryUnusable } from '../../shared/errors.ts';
import type { Execution } from '../../shared/ports.ts';
import { functionResource, loadFunctions } from '../functions.ts';
import type { Wiring } from '../wiring.ts';
import type { WiredMachine } from './definition.ts';
import { openHistory } from './history.ts';
import { openMachineRunner } from './open-runner.ts';

const LOOK_EVERY_MS = 250;

/**
 * Sees an execution through: in the platform that runs on the data directory, else in this process.
 * @param report hears of each state that is entered
 */
export async function seeThrough(
  machine: WiredMachine,
  name: string,
  wiring: Wiring,
  report: (state: string) => void,
): Promise<Execution> {
  const runHere = await runnerHere(machine, wiring);
  try {
    let told = 0;
    for (;;) {
      const execution = (await openStateMachines().find(machine.resource, name)) as Execution;
      const states = openHistory()
        .read({ machine: machine.resource, name })
        .filter(({ type }) => type === 'StateEntered');
      for (const { state } of states.slice(told)) report(state as string);
      told = states.length;
      if (execution.status !== 'RUNNING') return execution;
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    await runHere?.stop();
  }
}

/** Null where a platform runs on the data directory, which then runs the machine. */
async function runnerHere(
  machine: WiredMachine,
  { functions }: Wiring,
): Promise<{ stop(): Promise<void> } | null> {
  const lock = lockOrNull();
  if (lock === null) return null;
  const text = JSON.stringify(machine.definition);
  const invoke = await loadFunctions(
    functions.filter(({ name }) => text.includes(`"${functionResource(name)}"`)),
  );
  const runner = openMachineRunner({ machines: [machine], functions }, invoke);
  runner.start();
  return {
    async stop() {
      await runner.stop();
      lock.release();
    },
  };
}

function lockOrNull(): { release(): void } | null {
  try {
    return lockDataDirectory(dataDirectory());
  } catch (error) {
    if (error instanceof DataDirectoryUnusable) return null;
    throw error;
  }
}
