import * as http from 'node:http';
import * as https from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CollectResponse } from '../../shared/schemas/door-event.ts';
import type { ScoreResponse } from '../../shared/schemas/score.ts';
import { type Api, askApi } from './api-client.ts';
import { type LoadOutcome, LoadRecorder, type LoadReport } from './load-report.ts';
import { type LoadMix, type LoadRequest, loadTraffic } from './load-traffic.ts';
import { whenDue } from './open-loop.ts';

export interface LoadOrder {
  readonly api: Api;
  readonly perSecond: number;
  readonly seconds: number;
  /** Before those, that do not count. */
  readonly warmUpSeconds: number;
  readonly mix: LoadMix;
  /** Part of the visitors' ids, so that none repeats an earlier run's. */
  readonly run: string;
}

export interface LoadAnswer {
  readonly report: LoadReport;
  /** Whose events were accepted, and how many, of the warm-up too. */
  readonly visitors: ReadonlySet<string>;
  readonly eventsAccepted: number;
}

const SOCKETS = 256;
const TIMEOUT_MS = 15_000;

/** Sends the requests at their rate. */
export async function load(
  order: LoadOrder,
  progress: (secondsSent: number) => void,
): Promise<LoadAnswer> {
  const { perSecond, seconds, warmUpSeconds } = order;
  const traffic = loadTraffic(order.run, order.mix);
  const client = openClient(order.api);
  const visitors = new Set<string>();
  let eventsAccepted = 0;
  const recorder = new LoadRecorder();
  const sender = (recording: boolean, first: number) => async (index: number, due: number) => {
    const request = traffic(first + index);
    const outcome = await client.send(request);
    if (recording) recorder.record(request.kind, performance.now() - due, outcome);
    if (outcome.answered && outcome.eventsAccepted > 0) {
      visitors.add(request.visitor);
      eventsAccepted += outcome.eventsAccepted;
    }
    if (recording && index % perSecond === 0) progress(index / perSecond);
  };
  try {
    await whenDue({ perSecond, seconds: warmUpSeconds }, sender(false, 0));
    const begun = performance.now();
    await whenDue({ perSecond, seconds }, sender(true, Math.round(perSecond * warmUpSeconds)));
    const report = recorder.report((performance.now() - begun) / 1000);
    return { report, visitors, eventsAccepted };
  } finally {
    client.close();
  }
}

/** So that asking them takes seconds. */
const MOST_ASKED = 1000;

/**
 * Asks for a score of each visitor, or of a thousand of them spread over the run, until the features
 * know it.
 * @returns how many they do not know in time
 */
export async function lostVisitors(
  api: Api,
  visitors: ReadonlySet<string>,
  { withinMs }: { readonly withinMs: number },
): Promise<number> {
  const end = performance.now() + withinMs;
  const step = Math.max(1, visitors.size / MOST_ASKED);
  let unknown = [...visitors].filter((_, index) => Math.floor(index % step) === 0);
  for (;;) {
    const still: string[] = [];
    for (const visitor of unknown) {
      const { status, body } = await askApi(api, 'POST /v1/propensity', {
        body: { anonymous_id: visitor },
      });
      if (status !== 200 || (body as ScoreResponse).features_as_of === null) still.push(visitor);
    }
    unknown = still;
    if (unknown.length === 0 || performance.now() > end) return unknown.length;
    await sleep(500);
  }
}

function openClient({ url, key }: Api) {
  const { Agent, request } = url.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const send = async ({ path, body, kind }: LoadRequest): Promise<LoadOutcome> => {
    try {
      const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
        const call = request(`${url}${path}`, {
          agent,
          method: 'POST',
          timeout: TIMEOUT_MS,
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            'x-api-key': key,
          },
        });
        call.on('timeout', () => call.destroy(new TimedOut()));
        call.on('error', reject).on('response', resolve).end(body);
      });
      const answer = await text(response);
      const expected = kind === 'events' ? 202 : 200;
      if (response.statusCode !== expected) {
        return { answered: false, error: String(response.statusCode) };
      }
      return outcomeOf(kind, JSON.parse(answer));
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException;
      return { answered: false, error: code ?? name };
    }
  };
  return { send, close: () => agent.destroy() };
}

class TimedOut extends Error {
  override readonly name = 'TimedOut' as const;
}

function outcomeOf(kind: LoadRequest['kind'], answer: unknown): LoadOutcome {
  return kind === 'events'
    ? {
        answered: true,
        degraded: false,
        eventsAccepted: (answer as CollectResponse).accepted,
      }
    : { answered: true, degraded: (answer as ScoreResponse).degraded, eventsAccepted: 0 };
}
