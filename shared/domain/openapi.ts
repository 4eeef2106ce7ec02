import * as z from 'zod';
import { clvAnswer } from '../schemas/clv.ts';
import {
  candidateEvent,
  collectRequest,
  collectResponse,
  doorEvent,
  idempotencyKey,
} from '../schemas/door-event.ts';
import { EVENT_TYPES } from '../schemas/event.ts';
import { health } from '../schemas/health.ts';
import {
  gatewayMessage,
  PROBLEMS,
  type ProblemName,
  problem,
  problemType,
} from '../schemas/problem.ts';
import { contextEvent, scoreRequest, scoreResponse } from '../schemas/score.ts';
import { shopId } from '../schemas/text.ts';
import { ROUTE_SCOPES } from './authorize.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import { MAX_BODY_BYTES } from './parse-json.ts';

type Json = Readonly<Record<string, unknown>>;

const REQUESTS = { Event: doorEvent, CollectRequest: collectRequest, ScoreRequest: scoreRequest };
const RESPONSES = {
  CollectResponse: collectResponse,
  ScoreResponse: scoreResponse,
  CustomerValue: clvAnswer,
  Health: health,
  OpenApiDocument: z.looseObject({
    openapi: z.string(),
    info: z.looseObject({}),
    paths: z.looseObject({}),
  }),
  Problem: problem,
  GatewayMessage: gatewayMessage,
};

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** One of the two is there, and not null. */
const IDENTIFIED = {
  anyOf: ['anonymous_id', 'user_id'].map((name) => ({
    required: [name],
    properties: { [name]: { type: 'string' } },
  })),
};

/** What the functions check by rules that the conversion of a schema cannot see. */
const SAID_BESIDE: ReadonlyMap<unknown, Json> = new Map<unknown, Json>([
  [candidateEvent, { allOf: [ref('Event')], ...IDENTIFIED }],
  [contextEvent, { allOf: [ref('Event')], properties: { event_type: { enum: EVENT_TYPES } } }],
  [scoreRequest, IDENTIFIED],
]);

/** What the gateway answers of itself, with `{"message": …}`. */
const GATEWAY = {
  401: 'The header `x-api-key` is missing.',
  403: 'The key is unknown, expired, or its scopes do not open this route.',
  413: 'The body has over 10 MB.',
  429: 'The route gets more requests than its limit. Wait, with jitter, and repeat.',
  500: 'The function failed.',
  503: 'The function did not answer in time.',
} as const;
type GatewayStatus = keyof typeof GATEWAY;

/** The contract of the HTTP API, OpenAPI 3.1, from the schemas that the functions validate by. */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Foresight',
      version: '1.0.0',
      summary: 'What shoppers do goes in; how likely they are to buy, and what to do, comes out.',
      description: DESCRIPTION,
    },
    servers: [{ url: '/', description: 'Where this document comes from' }],
    paths: paths(),
    components: {
      schemas: schemas(),
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description:
            'Names the events that have no `event_id`: the same key and place in the request give the same id, so that a repeated request counts once. Unique for each request, such as a UUID.',
          schema: schemaOf(idempotencyKey, 'input'),
        },
        CustomerId: {
          name: 'id',
          in: 'path',
          required: true,
          description: "The shop's own id of the customer, percent-encoded.",
          schema: schemaOf(shopId, 'input'),
        },
      },
      securitySchemes: {
        ApiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-api-key',
          description: `Keys have scopes, and a route opens to keys of its scope: ${Object.entries(
            ROUTE_SCOPES,
          )
            .map(([route, scope]) => `\`${scope}\` opens \`${route}\``)
            .join(', ')}. Keys of scope \`collect\` alone may be public, in the shop's pages.`,
        },
      },
    },
  };
}

const DESCRIPTION = `Bodies are JSON in UTF-8 of at most ${MAX_BODY_BYTES / 1024} KB, uncompressed.

Errors of the API are problem documents (RFC 9457, \`application/problem+json\`): decide by \`type\`. The gateway in front of it has answers of its own, \`{"message": …}\` in \`application/json\`: 401 and 403 for keys, 429 over the rate limit, 404 for a path or a method that is not here (there is no 405), 413 over 10 MB, 431 over 10 KB of headers, 500 and 503 where a function fails or is late. 429, 500 and 503 may be repeated with the same event ids or \`Idempotency-Key\`.`;

function paths(): Json {
  const all: Record<string, Record<string, unknown>> = {};
  for (const [route, operation] of Object.entries(OPERATIONS)) {
    const [method = '', path = ''] = route.split(' ');
    all[path] = { ...all[path], [method.toLowerCase()]: operationOf(route, operation) };
  }
  return all;
}

function operationOf(route: string, operation: Operation): Json {
  const {
    operationId,
    summary,
    description,
    parameters = [],
    request,
    success,
    problems,
  } = operation;
  const scope = ROUTE_SCOPES[route];
  return {
    operationId,
    summary,
    description,
    ...(parameters.length === 0
      ? {}
      : { parameters: parameters.map((name) => ({ $ref: `#/components/parameters/${name}` })) }),
    security: scope === undefined ? [] : [{ ApiKey: [scope] }],
    ...(request === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: ref(request.schema), examples: request.examples },
            },
          },
        }),
    responses: {
      [success.status]: {
        description: success.description,
        content: {
          'application/json': { schema: ref(success.schema), examples: success.examples },
        },
      },
      ...errors(problems, gatewayStatuses(scope !== undefined, request !== undefined)),
    },
  };
}

function gatewayStatuses(hasKey: boolean, hasBody: boolean): readonly GatewayStatus[] {
  return [
    ...(hasKey ? ([401, 403] as const) : []),
    ...(hasBody ? ([413] as const) : []),
    429,
    500,
    503,
  ];
}

/** A status may come from the function, as a problem, and from the gateway, as a message. */
function errors(problems: readonly ProblemName[], gateway: readonly GatewayStatus[]): Json {
  const statuses = [...problems.map((name) => PROBLEMS[name].status), ...gateway];
  return Object.fromEntries(
    [...new Set(statuses)].toSorted().map((status) => {
      const own = problems.filter((name) => PROBLEMS[name].status === status);
      const asGateway = gateway.find((code) => code === status);
      const sentences = [
        ...own.map((name) => `${PROBLEMS[name].title}.`),
        ...(asGateway === undefined ? [] : [GATEWAY[asGateway]]),
      ];
      return [
        status,
        {
          description: sentences.join(' '),
          ...(own.length > 0 && status === 503 ? { headers: RETRY_AFTER } : {}),
          content: {
            ...(own.length === 0
              ? {}
              : { 'application/problem+json': { schema: problemsOf(own) } }),
            ...(asGateway === undefined
              ? {}
              : { 'application/json': { schema: ref('GatewayMessage') } }),
          },
        },
      ];
    }),
  );
}

const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds to wait; of problems only.',
    required: false,
    schema: { type: 'integer' },
  },
};

function problemsOf(names: readonly ProblemName[]): Json {
  return {
    allOf: [ref('Problem')],
    properties: {
      type: { enum: names.map(problemType) },
      status: { const: PROBLEMS[names[0] as ProblemName].status },
    },
  };
}

function schemas(): Json {
  const of = (all: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output') =>
    Object.entries(all).map(([name, schema]) => [name, schemaOf(schema, io)]);
  return Object.fromEntries([...of(REQUESTS, 'input'), ...of(RESPONSES, 'output')]);
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...converted } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema }) => {
      Object.assign(jsonSchema, SAID_BESIDE.get(zodSchema));
    },
  });
  return converted;
}
