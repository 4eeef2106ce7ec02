import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type PackagedService, packageService } from '../aws/package-service.ts';

const FILE = 'bootstrap/github-oidc.yml';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

/** CloudFormation's names of services whose actions have other prefixes. */
const PREFIXES: Readonly<Record<string, string>> = {
  ApiGatewayV2: 'apigateway',
  KinesisFirehose: 'firehose',
  StepFunctions: 'states',
};

const { Policies } = parse(readFileSync(FILE, 'utf8'), { logLevel: 'silent' }).Resources.DeployRole
  .Properties;
const statements: readonly Statement[] = Policies.flatMap(
  ({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) => PolicyDocument.Statement,
);
const resourcesOf = (action: string) =>
  statements.filter(({ Action }) => [Action].flat().includes(action)).map((one) => one.Resource);

test('cfn-lint finds nothing in what the user deploys by hand', () => {
  const { stdout, status } = spawnSync('.venv/template/bin/cfn-lint', [FILE], { encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});

describe('the role that deploys', () => {
  let service: PackagedService;
  beforeAll(async () => {
    service = await packageService('prod');
  }, 120_000);
  afterAll(() => service.delete());

  test('may make resources of every service in the stack', () => {
    const allowed = statements.flatMap(({ Action }) => Action);
    const prefixes = Object.values(service.resources).map(({ Type }) => {
      const name = Type.split('::')[1] as string;
      return PREFIXES[name] ?? name.toLowerCase();
    });
    const missing = prefixes.filter(
      (prefix) => !allowed.some((action) => action.startsWith(`${prefix}:`)),
    );
    expect(missing).toEqual([]);
  });

  test('may make composite alarms: CloudWatch refuses a policy that names one', () => {
    for (const action of ['PutCompositeAlarm', 'DescribeAlarms', 'DeleteAlarms'])
      expect(resourcesOf(`cloudwatch:${action}`)).toEqual(['*']);
  });

  test('may make the database of the lake and its tables, which have names of their own', () => {
    const [{ Properties } = { Properties: {} }] = Object.values(service.resources).filter(
      ({ Type }) => Type === 'AWS::Glue::Database',
    );
    const name = Properties.DatabaseInput.Name.replace('prod', `\${Stage}`);
    for (const action of ['CreateTable', 'UpdateTable', 'DeleteDatabase'])
      expect(resourcesOf(`glue:${action}`)).toEqual([
        expect.arrayContaining([
          expect.stringMatching(/:catalog$/),
          expect.stringContaining(`:database/${name}`),
          expect.stringContaining(`:table/${name}/*`),
        ]),
      ]);
  });

  test('may make the secrets, which are not named after the stack, and not read them', () => {
    const secrets = Object.entries(service.resources)
      .filter(([, { Type }]) => Type === 'AWS::SecretsManager::Secret')
      .map(([id]) => `secret:${id}-*`);
    const named = resourcesOf('secretsmanager:CreateSecret').flat();
    expect(named.map((arn) => arn.slice(arn.indexOf('secret:'))).toSorted()).toEqual(
      secrets.toSorted(),
    );
    expect(resourcesOf('secretsmanager:GetSecretValue')).toEqual([]);
    expect(resourcesOf('secretsmanager:*')).toEqual([]);
  });
});
