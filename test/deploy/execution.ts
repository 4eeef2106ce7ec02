import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  paginateGetExecutionHistory,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';

export interface Ended {
  readonly status: string;
  /** Names of the states that were entered, in order. */
  readonly states: readonly string[];
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly output: string | undefined;
}

const POLL_MS = 200;

/** Starts a deployed state machine and sees it through. */
export async function execute(stateMachineArn: string, input: object): Promise<Ended> {
  const { executionArn = '' } = await new SFNClient({}).send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return ended(executionArn);
}

/** Executions of a deployed state machine. */
export async function executionsOf(stateMachineArn: string): Promise<readonly string[]> {
  const { executions = [] } = await new SFNClient({}).send(
    new ListExecutionsCommand({ stateMachineArn }),
  );
  return executions.map(({ executionArn }) => executionArn ?? '');
}

/** Waits for the end of an execution. */
export async function ended(executionArn: string): Promise<Ended> {
  const client = new SFNClient({});
  const describe = () => client.send(new DescribeExecutionCommand({ executionArn }));
  let { status = '', error, cause, output } = await describe();
  for (; status === 'RUNNING'; { status = '', error, cause, output } = await describe())
    await sleep(POLL_MS);
  const states: string[] = [];
  for await (const { events = [] } of paginateGetExecutionHistory({ client }, { executionArn }))
    states.push(...events.flatMap((event) => event.stateEnteredEventDetails?.name ?? []));
  return { status, states, error, cause, output };
}
