import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import { functionResource, type Invoke } from '../functions.ts';
import type { Wiring } from '../wiring.ts';
import { openHistory } from './history.ts';
import { platformTasks } from './platform-tasks.ts';
import { MachineRunner } from './runner.ts';

/**
 * A runner of all machines of the wiring, on the data directory in use.
 * @param invoke calls a function by its name in the wiring
 * @throws UnsupportedWiring
 */
export function openMachineRunner(
  { machines, functions }: Pick<Wiring, 'machines' | 'functions'>,
  invoke: Invoke,
): MachineRunner {
  const executions = openStateMachines();
  const names = new Map(functions.map(({ name }) => [functionResource(name), name]));
  const tasks = platformTasks({
    machines: executions,
    invoke: async (resource, event) => {
      const name = names.get(resource);
      if (name === undefined) throw new RangeError(`no function ${resource}`);
      return invoke(name, event);
    },
  });
  return new MachineRunner(machines, {
    executions,
    tasks,
    history: openHistory(),
    report: (error) => process.stderr.write(`state machines: ${(error as Error).stack}\n`),
  });
}
