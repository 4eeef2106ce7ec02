import * as z from 'zod';
import { UnsupportedWiring } from '../shared/errors.ts';
import type { WiredMachine } from './machines/definition.ts';
import { readServiceFile } from './service-file.ts';

/** What runs where, as the embedded platform runs it. Resources go by their logical names. */
export interface Wiring {
  readonly functions: readonly WiredFunction[];
  readonly authorizers: readonly Authorizer[];
  readonly routes: readonly Route[];
  readonly cors: Cors | null;
  readonly streamMappings: readonly StreamMapping[];
  readonly deliveries: readonly Delivery[];
  readonly schedules: readonly Schedule[];
  readonly eventRules: readonly EventRule[];
  readonly machines: readonly WiredMachine[];
}

export interface WiredFunction {
  readonly name: string;
  /** Module without extension, relative to the project, and the export in it. */
  readonly module: string;
  readonly export: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

export interface Authorizer {
  readonly name: string;
  readonly function: string;
  /** 0: ask each time. */
  readonly ttlSeconds: number;
  readonly identitySource: readonly string[];
}

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly function: string;
  readonly authorizer: string | null;
}

export interface Cors {
  readonly origins: readonly string[];
  readonly headers: readonly string[];
  readonly methods: readonly string[];
  readonly exposed: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeSeconds: number | null;
}

export interface StreamMapping {
  readonly function: string;
  readonly stream: string;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  readonly parallelizationFactor: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly maximumRetryAttempts: number;
  readonly maximumRecordAgeSeconds: number;
  readonly reportsBatchItemFailures: boolean;
  readonly deadLetterQueue: string;
}

export interface Delivery {
  readonly name: string;
  /** The stream it reads; null: records are put to it directly. */
  readonly stream: string | null;
  readonly bucket: string;
  /** Folder of the day folders: `bronze/raw_events/`. */
  readonly folder: string;
}

export interface Schedule {
  readonly target: ScheduleTarget;
  /** `rate(…)` or `cron(…)` as EventBridge has them. */
  readonly expressions: readonly string[];
  readonly input: unknown;
}

/** Events of the default bus that a function is called with. */
export interface EventRule {
  readonly function: string;
  readonly types: readonly string[];
}

/** A machine goes by what the template calls it. */
type ScheduleTarget = { readonly function: string } | { readonly machine: string };

const reference = z.union([
  z.strictObject({ Ref: z.string() }).transform(({ Ref }) => Ref),
  z
    .strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) })
    .transform((value) => value['Fn::GetAtt'][0]),
]);
const environment = z
  .record(z.string(), z.union([z.string(), z.number().transform(String), reference]))
  .default({});

const httpApiEvent = z.strictObject({
  method: z.string().regex(/^(GET|POST|PUT|PATCH|DELETE)$/i, 'is no single HTTP method'),
  path: z
    .string()
    .regex(/^(\/([\w.-]+|\{\w+\}))+$/, 'is no path of plain segments and {parameters}'),
  authorizer: z.strictObject({ name: z.string() }).optional(),
});
const streamEvent = z.strictObject({
  type: z.literal('kinesis'),
  arn: reference,
  startingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
  batchSize: z.number().int().min(1).max(10_000),
  batchWindow: z.number().int().min(0).max(300).default(0),
  parallelizationFactor: z.number().int().min(1).max(10).default(1),
  bisectBatchOnFunctionError: z.boolean().default(false),
  // Without these AWS retries for ever, and a poison record stops its shard.
  maximumRetryAttempts: z.number().int().min(0).max(10_000),
  maximumRecordAgeInSeconds: z.number().int().min(60).max(604_800),
  functionResponseType: z.literal('ReportBatchItemFailures').optional(),
  destinations: z.strictObject({
    onFailure: z.strictObject({ type: z.literal('sqs'), arn: reference }),
  }),
});
const expression = z.string().regex(/^(rate|cron)\(.+\)$/, 'is no rate(…) or cron(…)');
const scheduleEvent = z.union([
  expression.transform((rate) => ({ rate: [rate], input: undefined, enabled: true })),
  z.strictObject({
    rate: z.union([expression.transform((rate) => [rate]), z.array(expression)]),
    input: z.unknown().optional(),
    name: z.string().optional(),
    description: z.string().optional(),
    method: z.enum(['eventBus', 'scheduler']).optional(),
    enabled: z.boolean().default(true),
  }),
]);
/** A rule on the default bus, for what Foresight itself announces. */
const eventBridgeEvent = z.strictObject({
  pattern: z.strictObject({
    source: z.tuple([z.literal('foresight')]),
    'detail-type': z.array(z.string()).min(1),
  }),
});
const event = z.strictObject({
  httpApi: httpApiEvent.optional(),
  stream: streamEvent.optional(),
  schedule: scheduleEvent.optional(),
  eventBridge: eventBridgeEvent.optional(),
});

const corsRules = z.strictObject({
  allowedOrigins: z.array(z.string()).default(['*']),
  allowedHeaders: z.array(z.string()).default([]),
  allowedMethods: z.array(z.string()).default([]),
  exposedResponseHeaders: z.array(z.string()).default([]),
  allowCredentials: z.boolean().default(false),
  maxAge: z.number().int().nullable().default(null),
});
const requestAuthorizer = z.looseObject({
  type: z.literal('request'),
  functionName: z.string(),
  resultTtlInSeconds: z.number().int().min(0).max(3600).default(300),
  enableSimpleResponses: z.literal(true),
  payloadVersion: z.literal('2.0'),
  identitySource: z.array(z.string().regex(/^\$(request\.header\.[\w-]+|context\.routeKey)$/)),
});
const service = z.looseObject({
  provider: z.looseObject({
    environment,
    timeout: z.number().default(6),
    httpApi: z
      .looseObject({
        cors: corsRules.optional(),
        authorizers: z.record(z.string(), requestAuthorizer).default({}),
      })
      .default({ authorizers: {} }),
  }),
  functions: z.record(
    z.string(),
    z.looseObject({
      handler: z.string().regex(/^[\w/-]+\.\w+$/),
      environment,
      timeout: z.number().optional(),
      events: z.array(event).default([]),
    }),
  ),
  resources: z
    .union([z.array(z.unknown()), z.unknown().transform((resources) => [resources])])
    .optional(),
});

const deliveryResource = z.looseObject({
  Properties: z.looseObject({
    KinesisStreamSourceConfiguration: z.looseObject({ KinesisStreamARN: reference }).optional(),
    ExtendedS3DestinationConfiguration: z.looseObject({
      BucketARN: reference,
      Prefix: z.string().regex(/\/dt=!\{[^}]+\}\/$/, 'does not end in a folder a day: dt=!{…}/'),
    }),
  }),
});
/** What only CloudFormation can work out, such as the address of an image: stand-ins ask for none. */
const onAws = z.strictObject({ 'Fn::Sub': z.unknown() }).transform(() => 'known on AWS');
const machineResource = z.looseObject({
  Properties: z.looseObject({
    StateMachineName: z.string(),
    Definition: z.record(z.string(), z.unknown()),
    DefinitionSubstitutions: z
      .record(z.string(), z.union([z.string(), z.number().transform(String), reference, onAws]))
      .default({}),
  }),
});
/** A rule on a schedule starts machines: functions have theirs in their own events. */
const ruleResource = z.looseObject({
  Properties: z.looseObject({
    ScheduleExpression: expression.optional(),
    State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
    Targets: z.array(
      z.looseObject({ Arn: reference, Id: z.string(), Input: z.string().optional() }),
    ),
  }),
});

/**
 * @param file path of serverless.yml
 * @throws UnsupportedWiring naming the place of what the embedded platform cannot run
 */
export function readWiring(file: string, stage: string): Wiring {
  const parsed = service.safeParse(readServiceFile(file, stage));
  if (!parsed.success) throw unsupported(parsed.error, []);
  const { provider, functions, resources = [] } = parsed.data;
  const { cors, authorizers } = provider.httpApi;
  const events = Object.entries(functions).flatMap(([name, { events }]) =>
    events.map((event) => ({ function: name, event })),
  );
  return {
    functions: Object.entries(functions).map(([name, wired]) => {
      const dot = wired.handler.lastIndexOf('.');
      return {
        name,
        module: wired.handler.slice(0, dot),
        export: wired.handler.slice(dot + 1),
        environment: { ...provider.environment, ...wired.environment },
        timeoutSeconds: wired.timeout ?? provider.timeout,
      };
    }),
    authorizers: Object.entries(authorizers).map(([name, authorizer]) => ({
      name,
      function: authorizer.functionName,
      ttlSeconds: authorizer.resultTtlInSeconds,
      identitySource: authorizer.identitySource,
    })),
    routes: events.flatMap(({ function: name, event }) =>
      event.httpApi ? [routeOf(name, event.httpApi)] : [],
    ),
    cors: cors === undefined ? null : corsOf(cors),
    streamMappings: events.flatMap(({ function: name, event }) =>
      event.stream ? [streamMappingOf(name, event.stream)] : [],
    ),
    deliveries: resources.flatMap(deliveriesOf),
    schedules: [
      ...events.flatMap(({ function: name, event }) =>
        event.schedule?.enabled
          ? [
              {
                target: { function: name },
                expressions: event.schedule.rate,
                input: event.schedule.input,
              },
            ]
          : [],
      ),
      ...resources.flatMap(machineSchedulesOf),
    ],
    eventRules: events.flatMap(({ function: name, event }) =>
      event.eventBridge
        ? [{ function: name, types: event.eventBridge.pattern['detail-type'] }]
        : [],
    ),
    machines: resources.flatMap((document) => machinesOf(document, stage)),
  };
}

/**
 * One environment for all functions, as they share a process here.
 * @throws UnsupportedWiring where two functions know one variable by different values
 */
export function environmentOf(wiring: Wiring): Readonly<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const { name, environment } of wiring.functions) {
    for (const [variable, value] of Object.entries(environment)) {
      if (all[variable] !== undefined && all[variable] !== value) {
        throw new UnsupportedWiring(
          `functions.${name}.environment.${variable}: is ${value} here and ${all[variable]} elsewhere`,
        );
      }
      all[variable] = value;
    }
  }
  return all;
}

function routeOf(name: string, { method, path, authorizer }: z.output<typeof httpApiEvent>): Route {
  return {
    method: method.toUpperCase(),
    path,
    function: name,
    authorizer: authorizer?.name ?? null,
  };
}

function corsOf(rules: z.output<typeof corsRules>): Cors {
  return {
    origins: rules.allowedOrigins,
    headers: rules.allowedHeaders.map((header) => header.toLowerCase()),
    methods: rules.allowedMethods.map((method) => method.toUpperCase()),
    exposed: rules.exposedResponseHeaders,
    credentials: rules.allowCredentials,
    maxAgeSeconds: rules.maxAge,
  };
}

function streamMappingOf(name: string, stream: z.output<typeof streamEvent>): StreamMapping {
  return {
    function: name,
    stream: stream.arn,
    startingPosition: stream.startingPosition,
    batchSize: stream.batchSize,
    batchWindowSeconds: stream.batchWindow,
    parallelizationFactor: stream.parallelizationFactor,
    bisectBatchOnFunctionError: stream.bisectBatchOnFunctionError,
    maximumRetryAttempts: stream.maximumRetryAttempts,
    maximumRecordAgeSeconds: stream.maximumRecordAgeInSeconds,
    reportsBatchItemFailures: stream.functionResponseType !== undefined,
    deadLetterQueue: stream.destinations.onFailure.arn,
  };
}

/** The resources of a type in one of the files, by their logical names. */
function resourcesOf<Schema extends z.ZodType>(
  document: unknown,
  type: string,
  schema: Schema,
): [string, z.output<Schema>][] {
  const { Resources = {} } = (document ?? {}) as { Resources?: Record<string, unknown> };
  return Object.entries(Resources)
    .filter(([, resource]) => (resource as { Type?: string }).Type === type)
    .map(([name, resource]) => {
      const parsed = schema.safeParse(resource);
      if (!parsed.success) throw unsupported(parsed.error, ['resources', name]);
      return [name, parsed.data];
    });
}

function deliveriesOf(document: unknown): Delivery[] {
  return resourcesOf(document, 'AWS::KinesisFirehose::DeliveryStream', deliveryResource).map(
    ([name, { Properties }]) => {
      const { KinesisStreamSourceConfiguration: source, ExtendedS3DestinationConfiguration: lake } =
        Properties;
      return {
        name,
        stream: source?.KinesisStreamARN ?? null,
        bucket: lake.BucketARN,
        folder: lake.Prefix.slice(0, lake.Prefix.lastIndexOf('dt=')),
      };
    },
  );
}

function machinesOf(document: unknown, stage: string): WiredMachine[] {
  const prefix = `foresight-${stage}-`;
  return resourcesOf(document, 'AWS::StepFunctions::StateMachine', machineResource).map(
    ([resource, { Properties }]) => {
      const { StateMachineName, Definition, DefinitionSubstitutions } = Properties;
      if (!StateMachineName.startsWith(prefix))
        throw new UnsupportedWiring(
          `serverless.yml: resources.${resource}.Properties.StateMachineName: does not begin with ${prefix}`,
        );
      return {
        resource,
        name: StateMachineName.slice(prefix.length),
        definition: substituted(Definition, DefinitionSubstitutions, resource),
      };
    },
  );
}

/** As CloudFormation does: `${Name}` in any text, by what stands for it. */
function substituted(
  value: unknown,
  substitutions: Readonly<Record<string, string>>,
  machine: string,
): unknown {
  if (typeof value === 'string')
    return value.replace(/\$\{(\w+)\}/g, (variable, name: string) => {
      const text = substitutions[name];
      if (text === undefined)
        throw new UnsupportedWiring(
          `serverless.yml: resources.${machine}: nothing is to stand for ${variable}`,
        );
      return text;
    });
  if (Array.isArray(value)) return value.map((item) => substituted(item, substitutions, machine));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, substituted(item, substitutions, machine)]),
  );
}

function machineSchedulesOf(document: unknown): Schedule[] {
  return resourcesOf(document, 'AWS::Events::Rule', ruleResource).flatMap(([, { Properties }]) => {
    const { ScheduleExpression, State, Targets } = Properties;
    if (ScheduleExpression === undefined || State === 'DISABLED') return [];
    return Targets.map(({ Arn, Input }) => ({
      target: { machine: Arn },
      expressions: [ScheduleExpression],
      input: Input === undefined ? undefined : JSON.parse(Input),
    }));
  });
}

function unsupported(error: z.ZodError, at: readonly PropertyKey[]): UnsupportedWiring {
  const faults = error.issues.map((issue) => faultOf(issue, at));
  return new UnsupportedWiring(`serverless.yml: ${faults.join('; ')}`);
}

/** Of a union that nothing fits, the branch that came nearest says most. */
function faultOf(issue: z.core.$ZodIssue, at: readonly PropertyKey[]): string {
  const path = [...at, ...issue.path];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const depth = (branch: z.core.$ZodIssue[]) =>
      Math.max(...branch.map((inner) => inner.path.length));
    const nearest = issue.errors.toSorted((left, right) => depth(right) - depth(left))[0]?.[0];
    if (nearest) return faultOf(nearest, path);
  }
  return `${path.map(String).join('.')}: ${issue.message}`;
}
