import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { load, lostVisitors } from '../../local/operate/load.ts';
import { LoadRecorder, missedBy } from '../../local/operate/load-report.ts';
import { loadTraffic } from '../../local/operate/load-traffic.ts';
import { whenDue } from '../../local/operate/open-loop.ts';

describe('traffic', () => {
  test('has the mix that was asked for, and a request of a number is the same each time', () => {
    const mix = fc.record({
      scores: fc.integer({ min: 0, max: 20 }),
      events: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(mix, fc.integer({ min: 0, max: 1e6 }), (of, start) => {
        const traffic = loadTraffic('run', of);
        const cycle = of.scores + of.events;
        const first = start * cycle;
        const requests = Array.from({ length: cycle }, (_, place) => traffic(first + place));
        expect(requests.filter(({ kind }) => kind === 'events')).toHaveLength(of.events);
        expect(traffic(first)).toEqual(requests[0]);
      }),
    );
  });

  test('asks about visitors whose events it has sent, and no visitor is as fast as a machine', () => {
    const traffic = loadTraffic('run', { scores: 10, events: 1 });
    const events = new Map<string, number>();
    for (let index = 0; index < 33_000; index++) {
      const { kind, visitor, body } = traffic(index);
      if (kind === 'score') expect(events.has(visitor)).toBe(true);
      else events.set(visitor, (events.get(visitor) ?? 0) + JSON.parse(body).events.length);
    }
    expect(Math.max(...events.values())).toBeLessThanOrEqual(40);
    expect(events.size).toBeGreaterThan(500);
  });
});

describe('pace', () => {
  test('sends every request, in order, though none of them is answered before the last', async () => {
    const sent: number[] = [];
    const dues: number[] = [];
    let answerAll = () => {};
    const answered = new Promise<void>((resolve) => {
      answerAll = resolve;
    });
    await whenDue({ perSecond: 500, seconds: 0.1 }, async (index, due) => {
      sent.push(index);
      dues.push(due);
      if (index === 49) answerAll();
      await answered;
    });
    expect(sent).toEqual(Array.from({ length: 50 }, (_, index) => index));
    for (const [index, due] of dues.entries()) expect(due - (dues[0] ?? 0)).toBeCloseTo(index * 2);
  });
});

describe('report', () => {
  const ok = { answered: true, degraded: false, eventsAccepted: 0 } as const;
  const recorded = () => {
    const recorder = new LoadRecorder();
    for (let ms = 1; ms <= 100; ms++) recorder.record('score', ms, ok);
    return recorder;
  };

  test('has percentiles of all and of each kind, within a part in a thousand', () => {
    const recorder = recorded();
    recorder.record('events', 500, ok);
    const { latency, latency_of, requests, rate } = recorder.report(10);
    expect(requests).toBe(101);
    expect(rate).toBe(10.1);
    expect(latency_of.score?.p50).toBeCloseTo(50, 0);
    expect(latency_of.score?.p99).toBeCloseTo(99, 0);
    expect(Math.abs((latency_of.events?.slowest ?? 0) - 500)).toBeLessThan(0.5);
    expect(Math.abs(latency.slowest - 500)).toBeLessThan(0.5);
  });

  test('counts what failed by what it was, and failures have a latency too', () => {
    const recorder = recorded();
    for (const error of ['503', 'ECONNRESET', '503']) {
      recorder.record('score', 900, { answered: false, error });
    }
    const report = recorder.report(1);
    expect(report.errors).toEqual({ 503: 2, ECONNRESET: 1 });
    expect(report.rate).toBe(100);
    expect(report.latency.p99).toBeGreaterThan(890);
  });

  test.each([
    [{ p99: 100, errors: 0 }, 0, []],
    [{ p99: 50, errors: 0 }, 0, [/p99 .* over 50/]],
    [{ p99: null, errors: 0 }, 3, [/3 visitors/]],
    [{ p99: null, errors: 0 }, null, []],
  ])('against %j with %j lost it misses what it misses', (thresholds, lost, expected) => {
    const missed = missedBy(recorded().report(1), lost, thresholds);
    expect(missed).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  test.each([
    [0, 1],
    [0.02, 0],
  ])('a share of errors of %d is missed %d times by one in a hundred', (errors, times) => {
    const recorder = recorded();
    recorder.record('score', 1, { answered: false, error: '500' });
    expect(missedBy(recorder.report(1), null, { p99: null, errors })).toHaveLength(times);
  });
});

describe('against an API', () => {
  const servers: ReturnType<typeof createServer>[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Knows a visitor whose events it took, but for those it forgets; fails every tenth score. */
  async function api({ forgets = (_: string) => false, fails = false }) {
    const known = new Set<string>();
    let scores = 0;
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const body = JSON.parse(text);
      const answer = (status: number, document: object) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(document));
      if (request.headers['x-api-key'] !== 'key') return answer(403, {});
      if (request.url === '/v1/events') {
        for (const { anonymous_id } of body.events)
          if (!forgets(anonymous_id)) known.add(anonymous_id);
        return answer(202, { accepted: body.events.length, refused: 0, results: [] });
      }
      if (fails && ++scores % 10 === 0) return answer(503, {});
      const features_as_of = known.has(body.anonymous_id) ? '2026-01-01T00:00:00.000Z' : null;
      return answer(200, { degraded: false, features_as_of });
    });
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'key' };
  }

  const order = {
    perSecond: 200,
    seconds: 0.5,
    warmUpSeconds: 0,
    mix: { scores: 1, events: 1 },
    run: 'test',
  };

  test('counts answers and failures, and nothing is lost', async () => {
    const target = await api({ fails: true });
    const { report, visitors, eventsAccepted } = await load({ ...order, api: target }, () => {});
    expect(report.requests).toBe(100);
    expect(Object.keys(report.errors)).toEqual(['503']);
    expect(report.errors['503']).toBe(5);
    expect(eventsAccepted).toBe(500);
    expect(visitors.size).toBe(50);
  });

  test('visitors whose events went nowhere are lost', async () => {
    const target = await api({ forgets: (visitor) => visitor.endsWith('7') });
    const { visitors } = await load({ ...order, api: target }, () => {});
    expect(await lostVisitors(target, visitors, { withinMs: 0 })).toBe(5);
  });

  test('a connection that nobody takes is an error by its code', async () => {
    const target = await api({});
    servers[0]?.close();
    const { report } = await load({ ...order, api: target }, () => {});
    expect(report.errors).toEqual({ ECONNREFUSED: 100 });
  });
});
