import { execFile } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  CloudFormationClient,
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackResourceDriftsCommand,
  DescribeStacksCommand,
  DetectStackDriftCommand,
  paginateDescribeStackEvents,
  paginateListStackResources,
  ValidateTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import type { Resource } from '../aws/package-service.ts';
import type { Emulator } from './emulator.ts';

const STACK = 'foresight-dev';

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  /** What `Ref` gives on AWS, mostly. */
  readonly physicalId: string;
}

/** Where the package goes that is deployed: the framework removes its own folder after a deployment. */
const PACKAGE = 'package';

/**
 * Runs a command of the framework in a copy of the project, as a user does.
 * @throws Error with what it printed
 */
export async function serverless(
  folder: string,
  { environment }: Emulator,
  ...args: readonly string[]
): Promise<void> {
  const main = join(process.cwd(), 'node_modules', 'serverless', 'bin', 'serverless.js');
  const running = promisify(execFile)(
    process.execPath,
    [main, ...args, '--stage', 'dev', '--verbose'],
    { cwd: folder, env: environment, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 },
  );
  await running.catch(({ stdout = '', stderr = '' }) => {
    throw new Error(`serverless ${args.join(' ')} failed:\n${stdout.slice(-6000)}${stderr}`);
  });
}

/** Deploys what was packaged, with `--package`. */
export function deploy(folder: string, emulator: Emulator, ...options: readonly string[]) {
  return serverless(folder, emulator, 'deploy', '--package', PACKAGE, ...options);
}

/** Sets the package of a copy of the project aside for deployment, and changes its template. */
export function changePackage<Answer>(
  folder: string,
  change: (template: Template) => Answer,
): Answer {
  renameSync(join(folder, '.serverless'), join(folder, PACKAGE));
  const file = join(folder, PACKAGE, 'serverless-state.json');
  const state = JSON.parse(readFileSync(file, 'utf8'));
  const answer = change(state.service.provider.compiledCloudFormationTemplate);
  writeFileSync(file, JSON.stringify(state));
  return answer;
}

export interface Template {
  readonly Parameters: Readonly<Record<string, { Default?: string }>>;
  Resources: Record<
    string,
    Resource & { DependsOn?: string | readonly string[]; UpdatePolicy?: unknown }
  >;
}

export function openStack() {
  const client = new CloudFormationClient({});
  const StackName = STACK;

  async function resources(): Promise<readonly StackResource[]> {
    const found: StackResource[] = [];
    for await (const { StackResourceSummaries = [] } of paginateListStackResources(
      { client },
      { StackName },
    ))
      for (const { LogicalResourceId, ResourceType, PhysicalResourceId } of StackResourceSummaries)
        found.push({
          logicalId: LogicalResourceId ?? '',
          type: ResourceType ?? '',
          physicalId: PhysicalResourceId ?? '',
        });
    return found;
  }

  return {
    client,
    resources,
    /** Those of some resource types that the account's CloudFormation does not know. */
    async unknownTypes(types: readonly string[]): Promise<readonly string[]> {
      const Resources = Object.fromEntries(
        types.map((Type, index) => [`Resource${index}`, { Type }]),
      );
      const TemplateBody = JSON.stringify({ Resources });
      try {
        await client.send(new ValidateTemplateCommand({ TemplateBody }));
        return [];
      } catch (error) {
        const list = /Unrecognized resource types: \[(.*)\]/.exec((error as Error).message)?.[1];
        if (list === undefined) throw error;
        return list.split(', ');
      }
    },
    async physicalId(logicalId: string): Promise<string> {
      const resource = (await resources()).find((one) => one.logicalId === logicalId);
      if (!resource) throw new Error(`the stack has no ${logicalId}`);
      return resource.physicalId;
    },
    async outputs(): Promise<Readonly<Record<string, string>>> {
      const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
      const outputs = Stacks[0]?.Outputs ?? [];
      return Object.fromEntries(
        outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
      );
    },
    /** Where the account differs from the template; without the types that it cannot compare. */
    async drifts() {
      const { StackDriftDetectionId } = await client.send(
        new DetectStackDriftCommand({ StackName }),
      );
      const command = new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId });
      while ((await client.send(command)).DetectionStatus === 'DETECTION_IN_PROGRESS')
        await sleep(200);
      const { StackResourceDrifts = [] } = await client.send(
        new DescribeStackResourceDriftsCommand({ StackName }),
      );
      return StackResourceDrifts.map((drift) => ({
        logicalId: drift.LogicalResourceId ?? '',
        status: drift.StackResourceDriftStatus,
        differences: drift.PropertyDifferences,
      }));
    },
    /** How many events the stack has: none is added where a deployment changes nothing. */
    async eventCount(): Promise<number> {
      let count = 0;
      for await (const { StackEvents = [] } of paginateDescribeStackEvents(
        { client },
        { StackName },
      ))
        count += StackEvents.length;
      return count;
    },
  };
}
