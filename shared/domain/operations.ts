import type { ProblemName } from '../schemas/problem.ts';

/** One route as the OpenAPI document describes it; schemas go by their names there. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  /** Names of parameters in the document. */
  readonly parameters?: readonly string[];
  readonly request?: { readonly schema: string; readonly examples: Examples };
  readonly success: {
    readonly status: number;
    readonly description: string;
    readonly schema: string;
    readonly examples: Examples;
  };
  /** What the function itself refuses; the gateway's own answers come from the document. */
  readonly problems: readonly ProblemName[];
}

type Examples = Readonly<Record<string, unknown>>;

const WITH_BODY: readonly ProblemName[] = ['InvalidRequest', 'BodyTooLarge', 'UnsupportedEncoding'];

/** Route key → what it does. A test holds this against the routes of serverless.yml. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'POST /v1/events': {
    operationId: 'collectEvents',
    summary: 'Take 1 to 100 events',
    description:
      'Answers for each event: one that is refused does not hold back the others. An accepted event is stored durably. What its values mean (known types, prices, times) is checked behind the door; an event that fails there is kept as a bad row with its reason. Common other names of the fields are understood (`userId`, `timestamp`, `sku`, …); fields that are no part of the contract are named in `ignored` and not kept.',
    parameters: ['IdempotencyKey'],
    request: {
      schema: 'CollectRequest',
      examples: {
        view: {
          summary: 'A visitor looks at a product',
          value: {
            events: [
              {
                event_id: '0192f0c1-7d51-7b62-9f1e-0d7d9b6c1a01',
                event_type: 'product_view',
                event_timestamp: '2026-11-20T10:15:30.000Z',
                anonymous_id: 'visitor-81f2',
                session_id: 'session-1',
                product_id: 'sku-1001',
                product_category: 'shoes',
                price: 89.9,
                currency: 'EUR',
                page_url: 'https://shop.example/p/sku-1001?utm_source=newsletter',
              },
            ],
          },
        },
        purchase: {
          summary: 'An order of two products: one event a line',
          value: {
            events: [
              {
                event_type: 'purchase',
                user_id: 'customer-7',
                anonymous_id: 'visitor-81f2',
                order_id: 'order-500',
                product_id: 'sku-1001',
                price: 89.9,
                quantity: 1,
                currency: 'EUR',
              },
              {
                event_type: 'purchase',
                user_id: 'customer-7',
                anonymous_id: 'visitor-81f2',
                order_id: 'order-500',
                product_id: 'sku-2002',
                price: 12.5,
                quantity: 2,
                currency: 'EUR',
              },
            ],
          },
        },
      },
    },
    success: {
      status: 202,
      description: 'One result for each event, in the order of the request.',
      schema: 'CollectResponse',
      examples: {
        mixed: {
          value: {
            accepted: 1,
            refused: 1,
            results: [
              { status: 'accepted', event_id: '0192f0c1-7d51-7b62-9f1e-0d7d9b6c1a01' },
              {
                status: 'refused',
                field: 'anonymous_id',
                reason: 'give anonymous_id or user_id',
              },
            ],
          },
        },
      },
    },
    problems: [...WITH_BODY, 'InternalError', 'StreamUnavailable', 'StoreUnavailable'],
  },
  'POST /v1/propensity': {
    operationId: 'scorePropensity',
    summary: 'Score how likely a shopper is to buy',
    description:
      'Reads what is known of the shopper, evaluates the model that serves, decides and logs. `context.events` count in this score without being stored, so it need not wait for the stream; an event there that could not become a canonical one makes the request invalid. Where the store, the model or the deadline fails the answer is the prior, with `degraded: true`.',
    request: {
      schema: 'ScoreRequest',
      examples: {
        visitor: {
          summary: 'A visitor on a product page, with reasons',
          value: { anonymous_id: 'visitor-81f2', product_id: 'sku-1001', reasons: true },
        },
        context: {
          summary: 'What the page has just seen counts at once',
          value: {
            user_id: 'customer-7',
            anonymous_id: 'visitor-81f2',
            context: {
              events: [{ event_type: 'add_to_cart', product_id: 'sku-1001', price: 89.9 }],
            },
          },
        },
      },
    },
    success: {
      status: 200,
      description: 'The score and what to do about it.',
      schema: 'ScoreResponse',
      examples: {
        score: {
          value: {
            decision_id: '0192f0c1-8a10-7c3e-8f00-5f1f0c9ab2d4',
            propensity: 0.137,
            model_version: '20261115-1f2e3d4c5b6a',
            variant: 'champion',
            action: { type: 'discount', percent: 10 },
            reasons: [{ feature: 'add_to_cart_count', value: 1, contribution: 0.84 }],
            degraded: false,
            features_as_of: '2026-11-20T10:15:30.000Z',
          },
        },
      },
    },
    problems: [...WITH_BODY, 'InternalError', 'StoreUnavailable'],
  },
  'GET /v1/customers/{id}/clv': {
    operationId: 'customerValue',
    summary: "A customer's expected value",
    description:
      'What was published last of a customer: the net spend expected within the horizon from `as_of` on, with its interval, tier, churn and reasons. Made every Monday for everybody who had bought by then.',
    parameters: ['CustomerId'],
    success: {
      status: 200,
      description: 'The value, with the day and the model it is from.',
      schema: 'CustomerValue',
      examples: {
        value: {
          value: {
            predicted_value: 412.5,
            low: 95,
            high: 880,
            p_alive: 0.82,
            churn_probability: 0.31,
            expected_purchases: 3.4,
            tier: 'high',
            reasons: [{ feature: 'frequency', value: 9, contribution: 0.61 }],
            as_of: '2026-11-23',
            horizon_days: 365,
            model_version: '2026-11-15-1f2e3d4c5b6a',
          },
        },
      },
    },
    problems: ['InvalidRequest', 'CustomerNotScored', 'InternalError', 'StoreUnavailable'],
  },
  'GET /v1/health': {
    operationId: 'health',
    summary: 'Whether the API answers',
    description: 'Needs no key and asks no store.',
    success: {
      status: 200,
      description: 'It does.',
      schema: 'Health',
      examples: { ok: { value: { status: 'ok', stage: 'prod' } } },
    },
    problems: ['InternalError'],
  },
  'GET /v1/openapi.json': {
    operationId: 'openApi',
    summary: 'This document',
    description: 'Needs no key.',
    success: {
      status: 200,
      description: 'OpenAPI 3.1.',
      schema: 'OpenApiDocument',
      examples: {},
    },
    problems: ['InternalError'],
  },
};
