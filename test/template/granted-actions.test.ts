import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PackagedService, packageService, type Resource } from '../aws/package-service.ts';

/**
 * Every action that our own policies allow is exercised: our code makes the call against an emulator,
 * or AWS makes it in the role's name because of something that the template configures.
 */

/** Kind of resource that acts under a role of its own → where that is, and the calls it makes. */
const ACTORS: readonly {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties have no one type
  readonly roles: (properties: any) => unknown[];
  readonly calls: readonly string[];
}[] = [
  {
    type: 'AWS::Lambda::Function',
    roles: ({ Role }) => [Role],
    calls: [
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ],
  },
  {
    type: 'AWS::Lambda::EventSourceMapping',
    roles: ({ FunctionName }) => [
      service.resources[FunctionName['Fn::GetAtt'][0]]?.Properties.Role,
    ],
    calls: [
      'kinesis:DescribeStream',
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
      'sqs:SendMessage',
    ],
  },
  {
    type: 'AWS::KinesisFirehose::DeliveryStream',
    roles: ({ ExtendedS3DestinationConfiguration: lake }) => [lake.RoleARN],
    calls: [
      'kinesis:DescribeStream',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
      'logs:PutLogEvents',
      's3:AbortMultipartUpload',
      's3:GetBucketLocation',
      's3:GetObject',
      's3:ListBucket',
      's3:ListBucketMultipartUploads',
      's3:PutObject',
    ],
  },
  {
    type: 'AWS::CodeDeploy::DeploymentGroup',
    roles: ({ ServiceRoleArn }) => [ServiceRoleArn],
    calls: [
      'cloudwatch:DescribeAlarms',
      'lambda:GetAlias',
      'lambda:GetProvisionedConcurrencyConfig',
      'lambda:UpdateAlias',
    ],
  },
  {
    type: 'AWS::StepFunctions::StateMachine',
    roles: ({ RoleArn }) => [RoleArn],
    calls: [
      'lambda:InvokeFunction',
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ],
  },
  {
    type: 'AWS::StepFunctions::StateMachine',
    roles: ({ RoleArn, DefinitionString }) =>
      DefinitionString.includes(':athena:startQueryExecution.sync') ? [RoleArn] : [],
    calls: [
      'athena:GetQueryExecution',
      'athena:StartQueryExecution',
      'athena:StopQueryExecution',
      'glue:CreateTable',
      'glue:GetDatabase',
      'glue:GetTable',
      'glue:UpdateTable',
      's3:AbortMultipartUpload',
      's3:GetBucketLocation',
      's3:GetObject',
      's3:ListBucket',
      's3:ListBucketMultipartUploads',
      's3:ListMultipartUploadParts',
      's3:PutObject',
    ],
  },
  {
    type: 'AWS::StepFunctions::StateMachine',
    roles: ({ RoleArn, DefinitionString }) =>
      DefinitionString.includes(':sagemaker:createTrainingJob.sync') ? [RoleArn] : [],
    calls: [
      'events:DescribeRule',
      'events:PutRule',
      'events:PutTargets',
      'iam:PassRole',
      'sagemaker:AddTags',
      'sagemaker:CreateHyperParameterTuningJob',
      'sagemaker:CreateTrainingJob',
      'sagemaker:DescribeHyperParameterTuningJob',
      'sagemaker:DescribeTrainingJob',
      'sagemaker:StopHyperParameterTuningJob',
      'sagemaker:StopTrainingJob',
    ],
  },
  {
    type: 'AWS::StepFunctions::StateMachine',
    roles: ({ RoleArn, DefinitionString }) =>
      DefinitionString.includes(':sagemaker:createTransformJob.sync') ? [RoleArn] : [],
    calls: [
      'events:DescribeRule',
      'events:PutRule',
      'events:PutTargets',
      'iam:PassRole',
      'sagemaker:AddTags',
      'sagemaker:CreateModel',
      'sagemaker:CreateTransformJob',
      'sagemaker:DescribeTransformJob',
      'sagemaker:StopTransformJob',
    ],
  },
  {
    type: 'AWS::StepFunctions::StateMachine',
    roles: ({ RoleArn, DefinitionString }) =>
      DefinitionString.includes('"DISTRIBUTED"') ? [RoleArn] : [],
    calls: [
      'states:DescribeExecution',
      'states:RedriveExecution',
      'states:StartExecution',
      'states:StopExecution',
    ],
  },
  {
    type: 'AWS::Events::Rule',
    roles: ({ Targets }) =>
      Targets.flatMap(({ RoleArn }: { RoleArn?: unknown }) => (RoleArn ? [RoleArn] : [])),
    calls: ['states:StartExecution'],
  },
];

/** What SageMaker does in the name of a job's role: AWS's list for training, transform and hosting. */
const SAGEMAKER_JOB = [
  'cloudwatch:PutMetricData',
  'ecr:BatchCheckLayerAvailability',
  'ecr:BatchGetImage',
  'ecr:GetAuthorizationToken',
  'ecr:GetDownloadUrlForLayer',
  'logs:CreateLogGroup',
  'logs:CreateLogStream',
  'logs:DescribeLogStreams',
  'logs:PutLogEvents',
  's3:AbortMultipartUpload',
  's3:GetObject',
  's3:ListBucket',
  's3:PutObject',
];

const folder = mkdtempSync(join(tmpdir(), 'foresight-actions-'));
let service: PackagedService;
let recorded: readonly string[];

beforeAll(async () => {
  service = await packageService('prod');
  recorded = await recordEmulatorSuites();
}, 300_000);
afterAll(() => {
  service.delete();
  rmSync(folder, { recursive: true });
});

/** What the adapters and the bundles ask emulators for. Whether the answers are right is those suites' own verdict. */
async function recordEmulatorSuites(): Promise<readonly string[]> {
  const file = join(folder, 'recorded');
  writeFileSync(file, '');
  const recorder = pathToFileURL(join(import.meta.dirname, 'record-actions.ts')).href;
  const { VITEST: _, ...environment } = process.env;
  await promisify(execFile)(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--project', 'emulators'],
    {
      env: { ...environment, RECORDED_ACTIONS: file, NODE_OPTIONS: `--import=${recorder}` },
      maxBuffer: 100_000_000,
    },
  ).catch((error: { code?: unknown }) => {
    if (error.code !== 1) throw error;
  });
  return readFileSync(file, 'utf8').trim().split('\n');
}

const entries = (type: string) =>
  Object.entries(service.resources).filter(([, resource]) => resource.Type === type);

/** Logical id of the role → calls that AWS makes in its name. */
function callsOfAws(): ReadonlyMap<string, ReadonlySet<string>> {
  const calls = new Map<string, Set<string>>();
  for (const actor of ACTORS) {
    for (const [, { Properties }] of entries(actor.type)) {
      for (const role of actor.roles(Properties) as { 'Fn::GetAtt': [string] }[]) {
        const [id] = role['Fn::GetAtt'];
        calls.set(id, new Set([...(calls.get(id) ?? []), ...actor.calls]));
      }
    }
  }
  // Jobs are no resources of the template: their role is known by who may assume it.
  for (const [id, { Properties }] of entries('AWS::IAM::Role')) {
    const [{ Principal }] = Properties.AssumeRolePolicyDocument.Statement;
    if (Principal.Service === 'sagemaker.amazonaws.com') calls.set(id, new Set(SAGEMAKER_JOB));
  }
  // SNS uses the key of an encrypted topic in the name of who publishes to it.
  for (const [id, role] of entries('AWS::IAM::Role')) {
    if (allowedBy(role).includes('sns:Publish'))
      calls.set(id, new Set([...(calls.get(id) ?? []), 'kms:Decrypt', 'kms:GenerateDataKey']));
  }
  return calls;
}

function allowedBy({ Properties }: Resource): readonly string[] {
  return Properties.Policies.flatMap(
    (policy: { PolicyDocument: { Statement: { Effect: string; Action: string | string[] }[] } }) =>
      policy.PolicyDocument.Statement.flatMap(({ Action }) => Action),
  );
}

test('the emulator suites are recorded', () => {
  expect(recorded).toEqual(
    expect.arrayContaining(['dynamodb:BatchGetItem', 'kinesis:PutRecords', 's3:GetObject']),
  );
});

test('no action is allowed that nothing exercises', () => {
  const byAws = callsOfAws();
  const unexercised = entries('AWS::IAM::Role').flatMap(([id, role]) =>
    allowedBy(role)
      .filter((action) => !recorded.includes(action) && !byAws.get(id)?.has(action))
      .map((action) => `${id}: ${action}`),
  );
  expect(unexercised).toEqual([]);
});

test('what AWS calls in the name of a role is allowed to it', () => {
  const missing = [...callsOfAws()].flatMap(([id, calls]) => {
    const allowed = allowedBy(service.resources[id] as Resource);
    return [...calls].filter((call) => !allowed.includes(call)).map((call) => `${id}: ${call}`);
  });
  expect(missing).toEqual([]);
});
