import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateDescribeStackEvents,
  paginateListStackResources,
  ValidateTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import type { Emulator } from './emulator.ts';

export const STACK = 'foresight-dev';

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  /** What `Ref` gives on AWS, mostly. */
  readonly physicalId: string;
}

/** Runs a command of the framework in a folder, as a user does; answers what it printed. */
export async function serverless(
  folder: string,
  { environment }: Emulator,
  ...args: readonly string[]
): Promise<string> {
  const main = join(process.cwd(), 'node_modules', 'serverless', 'bin', 'serverless.js');
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [main, ...args, '--stage', 'dev', '--verbose'],
    { cwd: folder, env: environment, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout + stderr;
}

/** Changes the template that the framework deploys with `--package .serverless`. */
export function changePackagedTemplate(
  folder: string,
  change: (template: Template) => Template,
): void {
  const file = join(folder, '.serverless', 'serverless-state.json');
  const state = JSON.parse(readFileSync(file, 'utf8'));
  const { provider } = state.service;
  provider.compiledCloudFormationTemplate = change(provider.compiledCloudFormationTemplate);
  writeFileSync(file, JSON.stringify(state));
}

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly DependsOn?: string | readonly string[];
  readonly [attribute: string]: unknown;
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
