import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import * as z from 'zod';
import { UnsupportedWiring } from '../../shared/errors.ts';

/** A machine of the wiring. */
export interface WiredMachine {
  /** What the template calls it; executions go by it. */
  readonly resource: string;
  /** What people call it: `training`. */
  readonly name: string;
  /** Amazon States Language, substitutions done. */
  readonly definition: unknown;
}

/** 24 days, the longest that a timer of Node waits; Step Functions' own default is 3 years. */
const LONGEST_SECONDS = 2_147_482;

const state: z.ZodType<State> = z.looseObject({
  Type: z.string(),
  Resource: z.string().optional(),
  TimeoutSeconds: z.number().int().min(1).optional(),
  get Branches() {
    return z.array(states).optional();
  },
  get ItemProcessor() {
    return states.optional();
  },
});
const states = z.looseObject({ States: z.record(z.string(), state) });

interface States {
  readonly States: Readonly<Record<string, State>>;
}

interface State {
  readonly Type: string;
  readonly Resource?: string | undefined;
  TimeoutSeconds?: number | undefined;
  readonly Branches?: readonly States[] | undefined;
  readonly ItemProcessor?: States | undefined;
}

/** What no stand-in can honour, so that a machine that counts on it is refused. */
const UNSUPPORTED = [
  'HeartbeatSeconds',
  'HeartbeatSecondsPath',
  'TimeoutSecondsPath',
  'ItemReader',
  'QueryLanguage',
];

/** A Task state as the runner executes it. */
interface TaskState {
  readonly resource: string;
  readonly timeoutSeconds: number;
}

export interface RunnableMachine {
  readonly definition: StateMachineDefinition;
  /** By their names, those of branches and iterators included. */
  readonly tasks: ReadonlyMap<string, TaskState>;
}

/**
 * @param machine its Tasks all have a handler among `resources`
 * @throws UnsupportedWiring naming the machine and the state
 */
export function runnableMachine(
  { name, definition }: WiredMachine,
  resources: ReadonlySet<string>,
): RunnableMachine {
  const parsed = states.safeParse(structuredClone(definition));
  if (!parsed.success)
    throw new UnsupportedWiring(
      `machine ${name} is no Amazon States Language: ${z.prettifyError(parsed.error)}`,
    );
  const tasks = new Map<string, TaskState>();
  const names = new Set<string>();
  for (const [stateName, each] of statesOf(parsed.data)) {
    const refuse = (problem: string) =>
      new UnsupportedWiring(`machine ${name}, state ${stateName}: ${problem}`);
    // Handlers and histories go by the name alone.
    if (names.has(stateName)) throw refuse('another state has this name');
    names.add(stateName);
    for (const field of UNSUPPORTED)
      if (field in each) throw refuse(`${field} is not supported here`);
    if (each.Type !== 'Task') continue;
    const { Resource: resource = '' } = each;
    if (!resources.has(resource)) throw refuse(`nothing here answers to ${resource}`);
    each.TimeoutSeconds = Math.min(each.TimeoutSeconds ?? LONGEST_SECONDS, LONGEST_SECONDS);
    tasks.set(stateName, { resource, timeoutSeconds: each.TimeoutSeconds });
  }
  return { definition: parsed.data as unknown as StateMachineDefinition, tasks };
}

function* statesOf(machine: States): Generator<[string, State]> {
  for (const [name, each] of Object.entries(machine.States)) {
    yield [name, each];
    for (const inner of [
      ...(each.Branches ?? []),
      ...(each.ItemProcessor ? [each.ItemProcessor] : []),
    ])
      yield* statesOf(inner);
  }
}
