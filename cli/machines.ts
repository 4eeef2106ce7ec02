import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import type { WiredMachine } from '../local/machines/definition.ts';
import { type HistoryEvent, openHistory } from '../local/machines/history.ts';
import { seeThrough } from '../local/machines/run-here.ts';
import { readProjectWiring } from '../local/project.ts';
import type { Wiring } from '../local/wiring.ts';
import { causeText } from '../shared/domain/cause-text.ts';
import { openStateMachines } from '../shared/embedded/state-machines.ts';
import { Usage } from '../shared/errors.ts';
import type { Execution } from '../shared/ports.ts';
import { alignedTable } from './aligned-table.ts';
import { progressLine } from './progress.ts';

export function register(program: Command): void {
  const machines = program.command('machines').description('runs of the state machines');
  machines
    .command('list')
    .description('the machines, or the runs of one, the latest first')
    .argument('[machine]', 'e.g. training')
    .option('--json', 'print them as JSON')
    .action(list);
  machines
    .command('start')
    .description('start a run and see it through; the same start again is the same run')
    .argument('<machine>', 'e.g. training')
    .option('--input <json>', 'what the machine is told', '{}')
    .option('--name <name>', 'of the run: letters, digits, - and _; else date and input name it')
    .option('--json', 'print the run as JSON')
    .action(start);
  machines
    .command('redrive')
    .description('run again what ended without success; what its steps have done they do not redo')
    .argument('<machine>', 'e.g. training')
    .argument('<run>', 'its name')
    .option('--json', 'print the run as JSON')
    .action(redrive);
  machines
    .command('show')
    .description('status, steps with their durations, and how a run ended')
    .argument('<machine>', 'e.g. training')
    .argument('<run>', 'its name')
    .option('--json', 'print it as JSON')
    .action(show);
}

interface Flags {
  readonly json?: boolean;
}

const EXIT_FAILED = 1;

async function list(name: string | undefined, { json }: Flags): Promise<void> {
  const { machines } = readProjectWiring('dev');
  openStateMachines();
  if (name === undefined) {
    const known = machines.map((machine) => {
      const [latest] = openHistory().runs(machine.resource);
      return {
        machine: machine.name,
        latest: latest?.name ?? null,
        status: latest?.status ?? null,
      };
    });
    print(json, known, [
      ['machine', 'latest run', 'status'],
      ...known.map(({ machine, latest, status }) => [machine, latest ?? '–', status ?? '–']),
    ]);
    return;
  }
  const runs = openHistory()
    .runs(machineNamed(machines, name).resource)
    .map((run) => ({ run: run.name, status: run.status, input: JSON.parse(run.input) }));
  print(json, runs, [
    ['run', 'status', 'input'],
    ...runs.map(({ run, status, input }) => [run, status, JSON.stringify(input)]),
  ]);
}

async function start(
  name: string,
  flags: Flags & { readonly input: string; readonly name?: string },
): Promise<void> {
  const wiring = readProjectWiring('dev');
  const machine = machineNamed(wiring.machines, name);
  const input = inputOf(flags.input);
  const run = flags.name ?? runName(input);
  await openStateMachines().start(machine.resource, run, input);
  await follow(machine, run, wiring, flags);
}

async function redrive(name: string, run: string, flags: Flags): Promise<void> {
  const wiring = readProjectWiring('dev');
  const machine = machineNamed(wiring.machines, name);
  await runNamed(machine, run);
  if (!(await openStateMachines().redrive(machine.resource, run)))
    throw new Usage(`${run} of ${name} runs, or has succeeded: only what failed can be redriven`);
  await follow(machine, run, wiring, flags);
}

async function show(name: string, run: string, flags: Flags): Promise<void> {
  const machine = machineNamed(readProjectWiring('dev').machines, name);
  tell(machine, await runNamed(machine, run), flags);
}

async function follow(
  machine: WiredMachine,
  run: string,
  wiring: Wiring,
  flags: Flags,
): Promise<void> {
  const progress = progressLine();
  const ended = await seeThrough(machine, run, wiring, (state) => progress.show(state));
  progress.end();
  tell(machine, ended, flags);
  if (ended.status !== 'SUCCEEDED') process.exitCode = EXIT_FAILED;
}

function tell(machine: WiredMachine, execution: Execution, { json }: Flags): void {
  const history = openHistory().read({ machine: machine.resource, name: execution.name });
  const steps = stepsOf(history);
  const failure = history.findLast(({ error }) => error !== null);
  const failed = execution.status !== 'SUCCEEDED' && execution.status !== 'RUNNING';
  if (json) {
    const { name: run, status, input, output } = execution;
    process.stdout.write(
      `${JSON.stringify({
        machine: machine.name,
        run,
        status,
        input: JSON.parse(input),
        output: output === null ? null : JSON.parse(output),
        steps,
        ...(failed && { error: failure?.error ?? null, cause: failure?.cause ?? null }),
      })}\n`,
    );
    return;
  }
  const rows = steps.map(({ state, seconds, error }) => [
    state,
    seconds === null ? '–' : `${seconds.toFixed(1)} s`,
    error ?? '',
  ]);
  process.stdout.write(`${machine.name} ${execution.name}: ${execution.status}

${alignedTable([['step', 'took', 'error'], ...rows])}
${failed ? `\n${failure?.error ?? execution.status}: ${causeText(failure?.cause ?? '')}\n` : ''}`);
}

interface Step {
  readonly state: string;
  /** Null while it is under way, or where it was cut off. */
  readonly seconds: number | null;
  readonly error: string | null;
}

/** Each state that was entered, tries of it together. */
function stepsOf(history: readonly HistoryEvent[]): readonly Step[] {
  return history.flatMap((entered, index) => {
    if (entered.type !== 'StateEntered') return [];
    const { state, at } = entered;
    const rest = history.slice(index + 1);
    const again = rest.findIndex((event) => event.type === 'StateEntered' && event.state === state);
    const own = (again < 0 ? rest : rest.slice(0, again)).filter((event) => event.state === state);
    const left = own.findLast(({ type }) => type === 'StateExited' || type === 'StateFailed');
    return [
      {
        state: state as string,
        seconds: left === undefined ? null : (left.at - at) / 1000,
        error: own.findLast(({ error }) => error !== null)?.error ?? null,
      },
    ];
  });
}

function machineNamed(machines: readonly WiredMachine[], name: string): WiredMachine {
  const machine = machines.find((each) => each.name === name);
  if (machine === undefined)
    throw new Usage(`${name} is no machine: use ${machines.map((each) => each.name).join(', ')}`);
  return machine;
}

async function runNamed({ resource, name }: WiredMachine, run: string): Promise<Execution> {
  const execution = await openStateMachines().find(resource, run);
  if (execution === null)
    throw new Usage(`${name} has no run ${run}: foresight machines list ${name} names them`);
  return execution;
}

/** As Step Functions gets it: a JSON object. */
function inputOf(text: string): string {
  try {
    const input: unknown = JSON.parse(text);
    if (typeof input === 'object' && input !== null && !Array.isArray(input))
      return JSON.stringify(input);
  } catch {
    // told below, with what is no object
  }
  throw new Usage(`--input ${text} is no JSON object`);
}

function runName(input: string): string {
  const date = new Date(openClock().now()).toISOString().slice(0, 10);
  return `${date}-${createHash('sha256').update(input).digest('hex').slice(0, 8)}`;
}

function print(json: boolean | undefined, document: unknown, table: readonly string[][]): void {
  process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${alignedTable(table)}\n`);
}
