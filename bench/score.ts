import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import { lambdaContext } from '../local/lambda-context.ts';
import { defaultPolicy } from '../shared/domain/default-policy.ts';
import { ModelPool } from '../shared/domain/model-pool.ts';
import { routingKey } from '../shared/domain/routing.ts';
import { Scorer } from '../shared/domain/score.ts';
import { updateFeatures } from '../shared/domain/update-features.ts';
import { sequenceNumber } from '../shared/embedded/stream-position.ts';
import { definitionDigests } from '../shared/features/catalogue.ts';
import type { OnlineStore } from '../shared/ports.ts';
import { bodyText, httpHandler, jsonResponse } from '../shared/runtime/http-handler.ts';
import { startDeadline } from '../shared/runtime/start-deadline.ts';
import type { EnrichedEvent } from '../shared/schemas/event.ts';
import type { ScoreRequest, ScoreResponse } from '../shared/schemas/score.ts';
import { openMemoryStore } from './memory-store.ts';
import type { Result, Row } from './report.ts';
import { cpuMicroseconds, interleaved } from './rounds.ts';
import { percentile, ratioOf, sampleOf } from './sample.ts';
import { benchKeyRing, simulatedTraffic } from './traffic.ts';
import { type WideModel, wideLogistic, wideTrees } from './wide-model.ts';

const CALLS = 2_000;
const STORE_MS = 5;
const STORE_CALLS = 300;
const NEWEST_SHOPPERS = 500;
const TIMEOUT_SECONDS = 10;

type Handler = (request: ScoreRequest) => Promise<ScoreResponse>;

export async function run(): Promise<readonly Result[]> {
  const shop = await openShop();
  const trees = await wideTrees();
  return [...(await cpuOfScore(shop, trees)), ...(await overheadAboveStore(shop, trees))];
}

/** A shop in full swing: items of its visitors, and what one would ask about those now in it. */
interface Shop {
  readonly items: ReturnType<typeof openMemoryStore>['items'];
  readonly now: number;
  readonly requests: readonly ScoreRequest[];
}

async function openShop(): Promise<Shop> {
  const startAt = Date.UTC(2026, 0, 5, 18);
  const events = simulatedTraffic({ seed: 1, startAt, days: 1, visitors: 20_000 }, 30_000);
  const store = openMemoryStore();
  const retry = { attempts: 1, baseDelay: 0, random: () => 0, sleep: async () => undefined };
  const records = events.map((event, index) => ({
    sequence: sequenceNumber(index + 1),
    data: JSON.stringify(event),
  }));
  await updateFeatures(records, { store, retry });
  const newest = new Map<string, EnrichedEvent>();
  for (const event of events.slice(-3_000)) {
    newest.delete(event.visitor);
    if (event.anonymous_id !== null && !event.is_bot) newest.set(event.visitor, event);
  }
  const shoppers = [...newest.values()].slice(-NEWEST_SHOPPERS);
  return {
    items: store.items,
    now: Date.parse((events.at(-1) as EnrichedEvent).received_at) + 1,
    requests: shoppers.map(({ visitor, session_id, product_id }) => ({
      anonymous_id: visitor,
      ...(session_id === null ? {} : { session_id }),
      ...(product_id === null ? {} : { product_id }),
    })),
  };
}

/** The shop's items in a store of their own, with the routing that a model serves by. */
function storeServing({ items }: Shop, model: WideModel | null): OnlineStore {
  const store = openMemoryStore();
  for (const item of items.values()) store.items.set(item.key, item);
  if (model === null) return store;
  const routing = {
    model: 'propensity',
    champion: model.version,
    previous: null,
    challenger: null,
    percent_bp: 0,
    shadows: [],
    salt: 'bench',
    epoch: 1,
    release_execution: null,
  };
  const key = routingKey('propensity');
  store.items.set(key, { key, version: 1, state: JSON.stringify(routing) });
  return store;
}

/** `functions/score.ts` over a store of ours; the has-cart rule where there is no model. */
function scoreHandler(store: OnlineStore, model: WideModel | null, now: () => number): Handler {
  const clock = { now };
  const handler = httpHandler(z.object({}), () => {
    const definitions = definitionDigests();
    const files = {
      get: async (key: string) => model?.files.get(key) ?? null,
    };
    const scorer = new Scorer({
      clock,
      store,
      definitions,
      models: new ModelPool(files, definitions, clock),
      decisions: { putRecordBatch: async (records) => records.map(() => null) },
      keyRing: benchKeyRing,
      policy: defaultPolicy,
      timeZone: 'Europe/London',
      deadline: () => startDeadline(1_000),
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
      report: (_, error) => {
        throw error;
      },
    });
    return async (event) => jsonResponse(200, await scorer.score(bodyText(event)));
  });
  return call(handler);
}

/** The same wrapping around nothing: what any handler here costs. */
const emptyHandler = call(
  httpHandler(z.object({}), () => async (event) => jsonResponse(200, JSON.parse(bodyText(event)))),
);

function call(handler: ReturnType<typeof httpHandler>): Handler {
  return async (request) => {
    const { statusCode, body } = await handler(
      httpEvent(JSON.stringify(request)),
      lambdaContext('score', TIMEOUT_SECONDS),
    );
    if (statusCode !== 200) throw new Error(`answered ${statusCode}: ${body}`);
    const answer = JSON.parse(body as string) as ScoreResponse;
    if (answer.degraded) throw new Error(`degraded: ${body}`);
    return answer;
  };
}

function httpEvent(body: string): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: 'POST /v1/propensity',
    rawPath: '/v1/propensity',
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    requestContext: {
      accountId: '000000000000',
      apiId: 'bench',
      domainName: 'localhost',
      domainPrefix: 'bench',
      http: {
        method: 'POST',
        path: '/v1/propensity',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'bench',
      },
      requestId: 'bench',
      routeKey: 'POST /v1/propensity',
      stage: '$default',
      time: '05/Jan/2026:18:00:00 +0000',
      timeEpoch: 0,
    },
    body,
    isBase64Encoded: false,
  };
}

async function cpuOfScore(shop: Shop, forest: WideModel): Promise<Row[]> {
  const { now, requests } = shop;
  let calls = 0;
  const clock = () => now + Math.floor(calls / 10); // 10,000 calls in a second of the shop
  const linear = wideLogistic();
  const serving = (model: WideModel | null) =>
    scoreHandler(storeServing(shop, model), model, clock);
  const trees = serving(forest);
  const perCall = (handler: Handler, requestOf: (request: ScoreRequest) => ScoreRequest) => {
    const bodies = requests.map(requestOf);
    return async () => {
      const used = await cpuMicroseconds(async () => {
        for (let call = 0; call < CALLS; call++) {
          calls++;
          await handler(bodies[call % bodies.length] as ScoreRequest);
        }
      });
      return used / CALLS;
    };
  };
  const same = (request: ScoreRequest) => request;
  const figures = await interleaved(
    {
      trees: perCall(trees, same),
      reasons: perCall(trees, (request) => ({ ...request, reasons: true })),
      context: perCall(trees, (request) => ({ ...request, context: { events: contextOf(now) } })),
      linear: perCall(serving(linear), same),
      rule: perCall(serving(null), same),
      empty: perCall(emptyHandler, same),
    },
    { warmUp: 3, rounds: 9 },
  );
  const row = (name: string, task: keyof typeof figures, isTarget = false): Row => ({
    name: `CPU of a score: ${name}`,
    unit: 'µs',
    sample: sampleOf(figures[task]),
    ...(isTarget ? { target: { most: 300 } } : {}),
    against: { baseline: 'empty handler', ratio: ratioOf(figures[task], figures.empty) },
  });
  return [
    row(`200 trees of depth 6, ${forest.features} features`, 'trees', true),
    row('200 trees, with reasons', 'reasons'),
    row('200 trees, with 5 context events', 'context'),
    row(`logistic model, ${linear.features} features`, 'linear', true),
    row('has-cart rule', 'rule', true),
    { name: 'CPU of an empty handler', unit: 'µs', sample: sampleOf(figures.empty) },
  ];
}

function contextOf(now: number) {
  return Array.from({ length: 5 }, (_, index) => ({
    event_id: `context-${index}`,
    event_type: 'product_view',
    event_timestamp: new Date(now - 5_000 + index * 1_000).toISOString(),
    product_id: `p-${index}`,
    price: 10 + index,
  }));
}

/**
 * What the handler adds to a store that answers after 5 ms: the call's time less the time that the
 * store itself took in that call. Timers fire late by up to a millisecond, so the timer is timed
 * where it is used.
 */
async function overheadAboveStore(shop: Shop, model: WideModel): Promise<Row[]> {
  const { now, requests } = shop;
  const store = storeServing(shop, model);
  let waited = 0;
  const slow: OnlineStore = {
    ...store,
    read: async (keys) => {
      const begun = performance.now();
      await new Promise((resolve) => setTimeout(resolve, STORE_MS));
      waited += performance.now() - begun;
      return store.read(keys);
    },
  };
  let calls = 0;
  const handler = scoreHandler(slow, model, () => now + calls);
  const overheads = async () => {
    const milliseconds: number[] = [];
    for (let call = 0; call < STORE_CALLS; call++) {
      calls++;
      waited = 0;
      const begun = performance.now();
      await handler(requests[call % requests.length] as ScoreRequest);
      milliseconds.push(performance.now() - begun - waited);
    }
    return milliseconds;
  };
  await overheads(); // warms up
  const rounds: number[][] = [];
  for (let round = 0; round < 7; round++) rounds.push(await overheads());
  const row = (part: string, p: number, most: number): Row => ({
    name: `handler above a store that answers after ${STORE_MS} ms, ${part}`,
    unit: 'ms',
    sample: sampleOf(rounds.map((round) => percentile(round, p))),
    target: { most },
  });
  return [row('p50', 0.5, 0.5), row('p99', 0.99, 2)];
}
