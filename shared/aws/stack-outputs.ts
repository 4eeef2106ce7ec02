import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { StoreUnavailable } from '../errors.ts';
import { call } from './call.ts';
import { callLimits } from './call-limits.ts';

/**
 * What a deployed stack calls its resources, by the names of its outputs.
 * @throws StoreUnavailable also where there is no such stack
 */
export async function stackOutputs(stack: string): Promise<ReadonlyMap<string, string>> {
  const client = new CloudFormationClient(callLimits({ attemptMs: 5000, attempts: 3 }));
  const command = new DescribeStacksCommand({ StackName: stack });
  const { Stacks } = await call(`DescribeStacks of ${stack}`, StoreUnavailable, () =>
    client.send(command),
  );
  const outputs = Stacks?.[0]?.Outputs ?? [];
  return new Map(outputs.map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']));
}
