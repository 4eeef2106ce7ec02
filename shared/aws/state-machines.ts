import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { ExecutionConflict, InvalidExecutionName, ServiceUnavailable } from '../errors.ts';
import type { Execution, ExecutionStatus, StateMachines } from '../ports.ts';
import { isExecutionName } from '../schemas/execution-name.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/** Step Functions; a machine goes by its ARN and is of the standard type. */
export function openStateMachines(): StateMachines {
  const client = new SFNClient(callLimits({ attemptMs: 5000, attempts: 3 }));

  async function find(machine: string, name: string): Promise<Execution | null> {
    const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
    return call(`DescribeExecution of ${executionArn}`, ServiceUnavailable, async () => {
      try {
        const answer = await client.send(new DescribeExecutionCommand({ executionArn }));
        return {
          machine,
          name,
          status: statusOf(answer.status),
          input: answer.input ?? '{}',
          output: answer.output ?? null,
        };
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return null;
        throw error;
      }
    });
  }

  /** @returns false where the name is taken, by a run that has ended or has another input */
  async function startNew(machine: string, name: string, input: string): Promise<boolean> {
    return call(`StartExecution of ${machine} as ${name}`, ServiceUnavailable, async () => {
      try {
        await client.send(new StartExecutionCommand({ stateMachineArn: machine, name, input }));
        return true;
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) return false;
        throw error;
      }
    });
  }

  return {
    find,
    async start(machine, name, input) {
      if (!isExecutionName(name)) throw new InvalidExecutionName(name);
      const isNew = await startNew(machine, name, input);
      const execution = await find(machine, name);
      if (execution?.input === input) return execution;
      // A run that was started a moment ago may not be described yet.
      if (isNew) return { machine, name, status: 'RUNNING', input, output: null };
      throw new ExecutionConflict(
        `${name} of ${machine} runs with another input: give another name, or the same input`,
      );
    },
  };
}

/** A run that waits to be redriven goes on, for whoever asks. */
function statusOf(status: string | undefined): ExecutionStatus {
  return status === 'PENDING_REDRIVE' ? 'RUNNING' : (status as ExecutionStatus);
}
