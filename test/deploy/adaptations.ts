import type { Template, TemplateResource } from './stack.ts';

/** Changes of the packaged template for this emulator alone, each because of a defect of it. */
interface Adaptation {
  readonly what: string;
  readonly why: string;
}

/** Types that the emulator's engine refuses, and where they are proven instead. */
export const UNKNOWN_TYPES: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::CompositeAlarm': 'linted, and its rules tested, in test:template',
  'AWS::CodeDeploy::Application': 'linted in test:template',
  'AWS::CodeDeploy::DeploymentGroup': 'linted, and its role tested, in test:template',
};

/**
 * The template as the emulator takes it, and what was changed.
 * @param unknown those of the template's types that the emulator refuses
 */
export function adapted(
  template: Template,
  unknown: readonly string[],
): {
  readonly template: Template;
  readonly adaptations: readonly Adaptation[];
} {
  const adaptations: Adaptation[] = [];
  let resources = Object.entries(template.Resources);
  const Parameters = { ...template.Parameters, Operated: { Type: 'String', Default: 'true' } };
  adaptations.push({
    what: 'Operated by default',
    why: 'no defect: the alarms and the dashboard of other stages are deployed as well',
  });

  const remove = (refused: (resource: TemplateResource) => boolean, why: string) => {
    const removed = resources.filter(([, resource]) => refused(resource)).map(([id]) => id);
    if (removed.length === 0) return;
    resources = resources
      .filter(([id]) => !removed.includes(id))
      .map(([id, resource]) => [id, without(removed, resource)]);
    adaptations.push({ what: `without ${removed.join(', ')}`, why });
  };
  for (const type of unknown)
    remove(({ Type }) => Type === type, `the engine does not know ${type}`);
  remove(
    ({ Type, Properties }) =>
      Type === 'AWS::CloudWatch::Alarm' && Object.hasOwn(Properties as object, 'Metrics'),
    'the engine refuses alarms on metric mathematics',
  );

  for (const [id, resource] of resources) {
    if (resource.Type !== 'AWS::ApiGatewayV2::Api') continue;
    const properties = resource['Properties'] as Record<string, object>;
    const cors = Object.entries(properties['CorsConfiguration'] ?? {});
    const inCamelCase = cors.map(([name, value]) => [
      name[0]?.toLowerCase() + name.slice(1),
      value,
    ]);
    properties['CorsConfiguration'] = Object.fromEntries([...cors, ...inCamelCase]);
    adaptations.push({
      what: `CorsConfiguration of ${id} in camel case too`,
      why: 'the engine stores its names as they are, the door looks for the API’s own',
    });
  }

  for (const [id, resource] of resources) {
    const statements = statementsOf(resource);
    if (!statements.some(({ Action }) => [Action].flat().includes('kinesis:GetRecords'))) continue;
    statements.push({ Effect: 'Allow', Action: 'kinesis:GetRecords', Resource: '*' });
    adaptations.push({
      what: `${id} reads any stream`,
      why: 'it cannot tell from a shard iterator which stream is read',
    });
  }

  const secrets = resources
    .filter(([, { Type }]) => Type === 'AWS::SecretsManager::Secret')
    .map(([id]) => id);
  adaptations.push({
    what: `Ref of ${secrets.join(', ')} → Fn::GetAtt Id`,
    why: "Ref of a secret is its name there, on AWS its ARN, which a role's statement needs",
  });
  const text = JSON.stringify({
    ...template,
    Parameters,
    Resources: Object.fromEntries(resources),
  });
  return {
    adaptations,
    template: JSON.parse(text, (_, value) =>
      secrets.includes(value?.Ref) ? { 'Fn::GetAtt': [value.Ref, 'Id'] } : value,
    ),
  };
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

function statementsOf({ Type, Properties }: TemplateResource): Statement[] {
  if (Type !== 'AWS::IAM::Role') return [];
  const { Policies = [] } = Properties as {
    Policies?: readonly { PolicyDocument: { Statement: Statement[] } }[];
  };
  return Policies[0]?.PolicyDocument.Statement ?? [];
}

/** A resource that does not wait for, or deploy itself by, those that were removed. */
function without(removed: readonly string[], resource: TemplateResource): TemplateResource {
  const { DependsOn, UpdatePolicy, ...rest } = resource;
  const dependencies = [DependsOn ?? []].flat().filter((id) => !removed.includes(id));
  const names = (value: unknown) =>
    removed.some((id) => JSON.stringify(value).includes(`{"Ref":"${id}"}`));
  return {
    ...rest,
    ...(dependencies.length === 0 ? {} : { DependsOn: dependencies }),
    ...(UpdatePolicy === undefined || names(UpdatePolicy) ? {} : { UpdatePolicy }),
  };
}
