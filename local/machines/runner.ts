import type { StateMachine } from 'aws-local-stepfunctions';
import type { EmbeddedStateMachines } from '../../shared/embedded/state-machines.ts';
import type { Execution } from '../../shared/ports.ts';
import { type RunnableMachine, runnableMachine, type WiredMachine } from './definition.ts';
import type { History, HistoryEvent } from './history.ts';
import type { TaskHandler, Tasks } from './tasks.ts';

const LOOK_EVERY_MS = 500;

type EventLogs = ReturnType<StateMachine['run']>['eventLogs'];
type RunInput = Parameters<StateMachine['run']>[0];

/** What a runner of machines works with. */
export interface RunnerPorts {
  readonly executions: EmbeddedStateMachines;
  readonly tasks: Tasks;
  readonly history: History;
  /** Of what is no failure of a machine but of the runner. */
  readonly report: (error: unknown) => void;
}

/**
 * Runs the executions that were asked for, by their ASL files. One that a crash or a stop cut off
 * is taken up again from its start: its steps know what they have done already.
 */
export class MachineRunner {
  readonly #machines: ReadonlyMap<string, RunnableMachine>;
  readonly #ports: RunnerPorts;
  readonly #active = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** @throws UnsupportedWiring for a machine that cannot run here */
  constructor(machines: readonly WiredMachine[], ports: RunnerPorts) {
    this.#ports = ports;
    const resources = new Set(ports.tasks.keys());
    this.#machines = new Map(
      machines.map((wired) => [wired.resource, runnableMachine(wired, resources)]),
    );
  }

  /** Looks for executions from now on. */
  start(): void {
    this.takeUp();
    this.#timer = setInterval(() => this.takeUp(), LOOK_EVERY_MS);
  }

  /** Runs what was asked for and is not running yet. */
  takeUp(): void {
    if (this.#stopping.signal.aborted) return;
    for (const execution of this.#ports.executions.running()) {
      const key = `${execution.machine} ${execution.name}`;
      if (this.#active.has(key) || !this.#machines.has(execution.machine)) continue;
      const run = this.#run(execution)
        .catch((error: Error) => this.#fail(execution, error))
        .finally(() => this.#active.delete(key));
      this.#active.set(key, run);
    }
  }

  /** Resolves when no execution is left to run. */
  async idle(): Promise<void> {
    for (;;) {
      this.takeUp();
      if (this.#active.size === 0) return;
      await Promise.all(this.#active.values());
    }
  }

  /** Cuts off what runs, to be taken up again at the next start. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await Promise.all(this.#active.values());
  }

  async #run(execution: Execution): Promise<void> {
    const { machine: resource, name, input } = execution;
    const { definition, tasks } = this.#machines.get(resource) as RunnableMachine;
    // A fifth of a second: loaded where a machine runs.
    const { StateMachine } = await import('aws-local-stepfunctions');
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#stopping.signal]);
    const handling = new Set<Promise<unknown>>();
    const handlers = [...tasks].map(([state, task]) => {
      const handler = this.#ports.tasks.get(task.resource) as TaskHandler;
      const handle = async (request: unknown) => {
        const answer = handled(handler, request, task.timeoutSeconds, signal);
        handling.add(answer);
        return (await answer) as RunInput;
      };
      return [state, handle] as const;
    });
    const run = new StateMachine(definition).run(JSON.parse(input) as RunInput, {
      overrides: { taskResourceLocalHandlers: Object.fromEntries(handlers) },
      context: {
        Execution: {
          Id: `${resource}:${name}`,
          Name: name,
          RedriveCount: this.#ports.history.read(execution).filter(isEnd).length,
        },
        StateMachine: { Id: resource, Name: resource },
      },
    });
    const stop = () => run.abort();
    this.#stopping.signal.addEventListener('abort', stop, { once: true });
    const [ended] = await Promise.all([
      run.result.then(
        (output) => ({ status: 'SUCCEEDED', output: JSON.stringify(output) }) as const,
        (error: Error) => ({ status: statusOf(error), output: null }) as const,
      ),
      this.#record(execution, run.eventLogs),
    ]);
    this.#stopping.signal.removeEventListener('abort', stop);
    // What timed out or was cut off may still be writing.
    over.abort();
    await Promise.allSettled(handling);
    if (this.#stopping.signal.aborted && ended.status === 'ABORTED') return;
    await this.#ports.executions.end(execution, ended.status, ended.output);
  }

  /** The machine itself cannot run: its file is none, or its history cannot be kept. */
  async #fail(execution: Execution, error: Error): Promise<void> {
    this.#ports.report(error);
    const failure = { error: 'States.Runtime', cause: error.message, state: null };
    const at = Date.now();
    await this.#ports.history.append(execution, { type: 'ExecutionFailed', at, ...failure });
    await this.#ports.executions.end(execution, 'FAILED', null);
  }

  async #record(execution: Execution, events: EventLogs): Promise<void> {
    for await (const event of events) {
      await this.#ports.history.append(execution, {
        type: event.type,
        at: event.timestamp,
        state: 'state' in event ? event.state.name : null,
        error: 'Error' in event ? event.Error : null,
        cause: 'Cause' in event ? String(event.Cause) : null,
      });
    }
  }
}

/** Of a run that was then redriven: being cut off is no end. */
function isEnd({ type }: HistoryEvent): boolean {
  return type === 'ExecutionFailed' || type === 'ExecutionTimeout';
}

function statusOf({ name }: Error): 'FAILED' | 'TIMED_OUT' | 'ABORTED' {
  if (name === 'ExecutionTimeoutError') return 'TIMED_OUT';
  return name === 'ExecutionAbortedError' ? 'ABORTED' : 'FAILED';
}

/** A task and its timeout, which is told to it a moment after the machine has noticed. */
async function handled(
  handler: TaskHandler,
  request: unknown,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<unknown> {
  signal.throwIfAborted(); // else a Retry would begin anew what was just cut off
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutSeconds * 1000 + 1);
  try {
    return await handler(request, AbortSignal.any([timeout.signal, signal]));
  } finally {
    clearTimeout(timer);
  }
}
