import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { openNotices } from '../../shared/embedded/notices.ts';
import type { StateMachines } from '../../shared/ports.ts';
import { standIns } from './stand-ins.ts';
import type { TaskHandler, Tasks } from './tasks.ts';

const SEVERITY = z.enum(['critical', 'medium', 'low']);
const invocation = z.object({ FunctionName: z.string(), Payload: z.unknown() });
const publication = z.object({
  TopicArn: z.string(),
  Subject: z.string(),
  Message: z.string(),
  MessageAttributes: z.object({ severity: z.object({ StringValue: SEVERITY }) }),
});
const start = z.object({
  StateMachineArn: z.string(),
  Name: z.string().optional(),
  Input: z.unknown().optional(),
});

/** What the platform itself answers to a machine, beside the stand-ins. */
export interface PlatformServices {
  /** @param name of the function as the template calls it: `TrainingDashbuildLambdaFunction` */
  invoke(name: string, event: unknown): Promise<unknown>;
  readonly machines: StateMachines;
}

export function platformTasks(services: PlatformServices): Tasks {
  return new Map([
    ...standIns(),
    ['arn:aws:states:::lambda:invoke', lambdaInvoke(services)],
    ['arn:aws:states:::sns:publish', snsPublish],
    ['arn:aws:states:::states:startExecution', startExecution(services)],
  ]);
}

function lambdaInvoke({ invoke }: PlatformServices): TaskHandler {
  return async (input) => {
    const { FunctionName, Payload } = invocation.parse(input);
    try {
      const result = await invoke(FunctionName, Payload);
      return { ExecutedVersion: '$LATEST', StatusCode: 200, Payload: asJson(result) };
    } catch (error) {
      throw asLambdaFailure(error as Error);
    }
  };
}

/** As Lambda reports it: the error's name is the machine's error, all else JSON in its cause. */
function asLambdaFailure(error: Error): Error {
  const { name: errorType, message: errorMessage, stack = '' } = error;
  const trace = stack.split('\n');
  const failure = new Error(JSON.stringify({ errorType, errorMessage, trace }), { cause: error });
  failure.name = errorType;
  return failure;
}

function asJson(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

async function snsPublish(input: unknown): Promise<unknown> {
  const { TopicArn, Subject, Message, MessageAttributes } = publication.parse(input);
  const severity = MessageAttributes.severity.StringValue;
  await openNotices({ critical: TopicArn, medium: TopicArn, low: TopicArn }).publish({
    severity,
    subject: Subject,
    body: Message,
  });
  return { MessageId: randomUUID() };
}

function startExecution({ machines }: PlatformServices): TaskHandler {
  return async (input) => {
    const { StateMachineArn, Name = randomUUID(), Input = {} } = start.parse(input);
    const text = typeof Input === 'string' ? Input : JSON.stringify(Input);
    await machines.start(StateMachineArn, Name, text);
    return { ExecutionArn: `${StateMachineArn}:${Name}` };
  };
}
