import type { WiredMachine } from '../../local/machines/definition.ts';
import { type HistoryEvent, openHistory } from '../../local/machines/history.ts';
import { MachineRunner } from '../../local/machines/runner.ts';
import type { Tasks } from '../../local/machines/tasks.ts';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import type { Execution } from '../../shared/ports.ts';

/** A runner in the data directory of the environment, of one machine and these tasks. */
export function runnerOf(
  machine: WiredMachine,
  tasks: Tasks,
  report: (error: unknown) => void = (error) => {
    throw error;
  },
): MachineRunner {
  return new MachineRunner([machine], {
    executions: openStateMachines(),
    tasks,
    history: openHistory(),
    report,
  });
}

export interface Ran extends Execution {
  readonly history: readonly HistoryEvent[];
}

/** How a run has ended. */
export async function ended(machine: WiredMachine, name: string): Promise<Ran> {
  const execution = (await openStateMachines().find(machine.resource, name)) as Execution;
  const history = openHistory().read({ machine: machine.resource, name });
  return { ...execution, history };
}

/** The states that were entered, in order. */
export function statesOf({ history }: Pick<Ran, 'history'>): readonly (string | null)[] {
  return history.filter(({ type }) => type === 'StateEntered').map(({ state }) => state);
}
