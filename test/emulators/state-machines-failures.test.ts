import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { openStateMachines } from '../../shared/aws/state-machines.ts';

const sfn = mockClient(SFNClient);
const MACHINE = 'arn:aws:states:us-east-1:123456789012:stateMachine:training';
const EXECUTION = 'arn:aws:states:us-east-1:123456789012:execution:training:run-1';

const start = (input = '{}') => openStateMachines().start(MACHINE, 'run-1', input);
const taken = new ExecutionAlreadyExists({ message: 'taken', $metadata: {} });
const absent = new ExecutionDoesNotExist({ message: 'absent', $metadata: {} });

beforeEach(() => sfn.reset());

test('a start that may not be described yet is the run that was asked for', async () => {
  sfn.on(StartExecutionCommand).resolves({ executionArn: EXECUTION });
  sfn.on(DescribeExecutionCommand, { executionArn: EXECUTION }).rejects(absent);
  expect(await start('{"a":1}')).toEqual({
    machine: MACHINE,
    name: 'run-1',
    status: 'RUNNING',
    input: '{"a":1}',
    output: null,
  });
});

test('a name that was taken by a run of this input, which has succeeded, is that run', async () => {
  sfn.on(StartExecutionCommand).rejects(taken);
  sfn
    .on(DescribeExecutionCommand)
    .resolves({ status: 'SUCCEEDED', input: '{}', output: '{"version":"v"}' });
  expect(await start()).toMatchObject({ status: 'SUCCEEDED', output: '{"version":"v"}' });
});

test('a run that waits to be redriven goes on', async () => {
  sfn.on(StartExecutionCommand).rejects(taken);
  sfn.on(DescribeExecutionCommand).resolves({ status: 'PENDING_REDRIVE', input: '{}' });
  expect((await start()).status).toBe('RUNNING');
});

test.each(['StateMachineDoesNotExist', 'InvalidExecutionInput', 'ExecutionLimitExceeded'])(
  '%s makes the service unavailable, and says for which run',
  async (name) => {
    sfn.on(StartExecutionCommand).rejects(Object.assign(new Error('as asked'), { name }));
    await expect(start()).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      message: expect.stringContaining('run-1'),
      cause: { name },
    });
  },
);
