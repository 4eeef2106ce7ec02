import type { Template } from './stack.ts';

/** What is changed in the packaged template for this emulator alone, each because of a defect. */
interface Adaptation {
  readonly why: string;
  /** Changes the template; answers what it changed, in words. */
  change(template: Template): readonly string[];
}

/** Types that the emulator's engine is known to refuse. */
export const UNKNOWN_TYPES = [
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CodeDeploy::Application',
  'AWS::CodeDeploy::DeploymentGroup',
];

const ADAPTATIONS: readonly Adaptation[] = [
  {
    why: 'no defect: the alarms and the dashboard of other stages are deployed too',
    change: ({ Parameters }) => {
      Object.assign(Parameters['Operated'] ?? {}, { Default: 'true' });
      return ['Operated by default'];
    },
  },
  ...UNKNOWN_TYPES.map((type) => ({
    why: `the engine does not know ${type}`,
    change: (template: Template) => remove(template, ({ Type }) => Type === type),
  })),
  {
    why: 'the engine refuses alarms on metric mathematics',
    change: (template) =>
      remove(
        template,
        ({ Type, Properties }) =>
          Type === 'AWS::CloudWatch::Alarm' && Properties.Metrics !== undefined,
      ),
  },
  {
    why: "the engine keeps the template's names, the door looks for those of its own API",
    change: (template) =>
      ofType(template, 'AWS::ApiGatewayV2::Api').map(([id, { Properties }]) => {
        for (const [name, value] of Object.entries(Properties.CorsConfiguration))
          Properties.CorsConfiguration[name[0]?.toLowerCase() + name.slice(1)] = value;
        return `CorsConfiguration of ${id} in camel case too`;
      }),
  },
  {
    why: 'it cannot tell from a shard iterator which stream is read',
    change: ({ Resources }) => {
      Resources['KeepDeadLettersRole']?.Properties.Policies[0].PolicyDocument.Statement.push({
        Effect: 'Allow',
        Action: 'kinesis:GetRecords',
        Resource: '*',
      });
      return ['KeepDeadLettersRole reads any stream'];
    },
  },
  {
    why: 'its stores answer as fast as this machine lets them',
    change: ({ Resources }) => {
      const { Variables } = Resources['ScoreLambdaFunction']?.Properties.Environment ?? {};
      Variables.SCORE_DEADLINE_MS = '5000';
      return ['SCORE_DEADLINE_MS = 5000'];
    },
  },
  {
    why: "Ref of a secret is its name there; on AWS its ARN, which a role's statement needs",
    change: (template) => {
      const secrets = ofType(template, 'AWS::SecretsManager::Secret').map(([id]) => id);
      template.Resources = JSON.parse(JSON.stringify(template.Resources), (_, value) =>
        secrets.includes(value?.Ref) ? { 'Fn::GetAtt': [value.Ref, 'Id'] } : value,
      );
      return secrets.map((id) => `Ref of ${id} is Fn::GetAtt Id`);
    },
  },
];

/** Changes the template so that the emulator takes it; answers what was changed, and why. */
export function adapt(template: Template): readonly (readonly [what: string, why: string])[] {
  return ADAPTATIONS.flatMap(({ why, change }) =>
    change(template).map((what) => [what, why] as const),
  );
}

const ofType = ({ Resources }: Template, type: string) =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

/** Removes resources, and what else waits for them or is deployed by them. */
function remove(
  { Resources }: Template,
  isRefused: (resource: Template['Resources'][string]) => boolean,
): readonly string[] {
  const removed = Object.keys(Resources).filter((id) => {
    const resource = Resources[id];
    return resource !== undefined && isRefused(resource);
  });
  for (const id of removed) delete Resources[id];
  for (const resource of Object.values(Resources)) {
    resource.DependsOn = [resource.DependsOn ?? []].flat().filter((id) => !removed.includes(id));
    const policy = JSON.stringify(resource.UpdatePolicy ?? {});
    if (removed.some((id) => policy.includes(`{"Ref":"${id}"}`))) delete resource.UpdatePolicy;
  }
  return removed.map((id) => `without ${id}`);
}
