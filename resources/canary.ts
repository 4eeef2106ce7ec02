/**
 * Serverless plugin: whatever the HTTP API calls, it calls by the alias `live` of the function, and
 * where the stage is operated CodeDeploy moves that alias to a new version (docs/adr/canary.md).
 * Written here because a version's logical id is known only once the function is packaged.
 */

const ALIAS = 'live';
const OPERATED = 'Operated';

interface ServiceFunction {
  readonly events: readonly { readonly httpApi?: unknown }[];
  targetAlias?: { readonly name: string; readonly logicalId: string };
  /** Set by the framework when it has compiled the function. */
  readonly versionLogicalId?: string;
}

interface Serverless {
  readonly service: {
    readonly functions: Readonly<Record<string, ServiceFunction>>;
    readonly custom: { readonly stage: { readonly trafficShift: string } };
    readonly provider: {
      readonly httpApi: {
        readonly authorizers: Readonly<Record<string, { readonly functionName: string }>>;
      };
      readonly compiledCloudFormationTemplate: { readonly Resources: Record<string, unknown> };
    };
  };
  getProvider(name: 'aws'): {
    readonly naming: { getNormalizedFunctionName(name: string): string };
  };
}

// The framework takes a plugin as a module's default export.
export default class Canary {
  readonly hooks: Readonly<Record<string, () => void>>;
  readonly #serverless: Serverless;

  constructor(serverless: Serverless) {
    this.#serverless = serverless;
    this.hooks = {
      'before:package:compileFunctions': () => this.#nameAliases(),
      'after:package:compileFunctions': () => this.#addResources(),
    };
  }

  /** With a `targetAlias` the framework points integrations, authorizers and permissions at it. */
  #nameAliases(): void {
    for (const [id, wired] of this.#doorFunctions())
      wired.targetAlias = { name: ALIAS, logicalId: `${id}LiveAlias` };
  }

  #addResources(): void {
    const { provider, custom } = this.#serverless.service;
    const resources = provider.compiledCloudFormationTemplate.Resources;
    const functions = this.#doorFunctions();
    for (const [id, { versionLogicalId }] of functions) {
      if (versionLogicalId === undefined) throw new Error(`${id} has no version to shift to`);
      const version = { 'Fn::GetAtt': [versionLogicalId, 'Version'] };
      resources[`${id}LiveAlias`] = alias(id, version);
      resources[`${id}CanaryErrors`] = canaryErrors(id, version);
      resources[`${id}DeploymentGroup`] = deploymentGroup(id, custom.stage.trafficShift);
    }
    resources['DoorApplication'] = {
      Type: 'AWS::CodeDeploy::Application',
      Condition: OPERATED,
      Properties: { ComputePlatform: 'Lambda' },
    };
    resources['CanaryRole'] = canaryRole(functions.map(([id]) => id));
  }

  /** Normalized name, which begins the logical ids, and definition of what the HTTP API calls. */
  #doorFunctions(): readonly (readonly [string, ServiceFunction])[] {
    const { functions, provider } = this.#serverless.service;
    const { naming } = this.#serverless.getProvider('aws');
    const authorizers = Object.values(provider.httpApi.authorizers).map(
      ({ functionName }) => functionName,
    );
    return Object.entries(functions)
      .filter(
        ([name, { events }]) =>
          authorizers.includes(name) || events.some(({ httpApi }) => httpApi !== undefined),
      )
      .map(([name, wired]) => [naming.getNormalizedFunctionName(name), wired]);
  }
}

function alias(id: string, version: unknown) {
  return {
    Type: 'AWS::Lambda::Alias',
    Properties: {
      FunctionName: { Ref: `${id}LambdaFunction` },
      FunctionVersion: version,
      Name: ALIAS,
    },
    UpdatePolicy: {
      'Fn::If': [
        OPERATED,
        {
          CodeDeployLambdaAliasUpdate: {
            ApplicationName: { Ref: 'DoorApplication' },
            DeploymentGroupName: { Ref: `${id}DeploymentGroup` },
          },
        },
        { Ref: 'AWS::NoValue' },
      ],
    },
  };
}

/** Measured while the alias has two versions, and of the new one alone: 10 % would drown in all. */
function canaryErrors(id: string, version: unknown) {
  const functionName = { Ref: `${id}LambdaFunction` };
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Condition: OPERATED,
    Properties: {
      AlarmDescription: `The version of ${id} that is being deployed fails: CodeDeploy takes it back.`,
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [
        { Name: 'FunctionName', Value: functionName },
        { Name: 'Resource', Value: { 'Fn::Join': [':', [functionName, ALIAS]] } },
        { Name: 'ExecutedVersion', Value: version },
      ],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    },
  };
}

function deploymentGroup(id: string, trafficShift: string) {
  return {
    Type: 'AWS::CodeDeploy::DeploymentGroup',
    Condition: OPERATED,
    Properties: {
      ApplicationName: { Ref: 'DoorApplication' },
      ServiceRoleArn: { 'Fn::GetAtt': ['CanaryRole', 'Arn'] },
      DeploymentConfigName: trafficShift,
      DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
      AlarmConfiguration: {
        Enabled: true,
        Alarms: [{ Name: { Ref: `${id}CanaryErrors` } }, { Name: { Ref: 'ReleaseErrors' } }],
      },
    },
  };
}

/** Moves these aliases and reads these alarms; CloudFormation passes the deployment itself inline. */
function canaryRole(ids: readonly string[]) {
  return {
    Type: 'AWS::IAM::Role',
    Condition: OPERATED,
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'codedeploy.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'canary',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                // CodeDeploy asks for provisioned concurrency whether there is any or not.
                Action: [
                  'lambda:GetAlias',
                  'lambda:GetProvisionedConcurrencyConfig',
                  'lambda:UpdateAlias',
                ],
                // AWS documents the function as the resource of two; its alias is what is meant.
                Resource: ids.flatMap((id) => [
                  { 'Fn::GetAtt': [`${id}LambdaFunction`, 'Arn'] },
                  { 'Fn::Sub': `\${${id}LambdaFunction.Arn}:${ALIAS}` },
                ]),
              },
              {
                Effect: 'Allow',
                Action: 'cloudwatch:DescribeAlarms',
                Resource: [...ids.map((id) => `${id}CanaryErrors`), 'ReleaseErrors'].map(
                  (alarm) => ({ 'Fn::GetAtt': [alarm, 'Arn'] }),
                ),
              },
            ],
          },
        },
      ],
    },
  };
}
