import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { whenDue } from '../local/operate/open-loop.ts';

/** Requests that go out when they are due, however long earlier ones take. */
export interface OpenLoop {
  readonly url: string;
  readonly apiKey: string;
  /** JSON texts, sent in turn. */
  readonly bodies: readonly string[];
  readonly perSecond: number;
  /** That count, after a second or two that do not. */
  readonly seconds: number;
}

export interface OpenLoopAnswer {
  /** From when a request was due to its whole answer, milliseconds. */
  readonly latencies: readonly number[];
  /** From the first request's due time to the last answer. */
  readonly elapsedSeconds: number;
}

const SOCKETS = 64;
const WARM_UP_SECONDS = 2;

/** Runs the load in a process of its own. */
export async function openLoop(load: OpenLoop): Promise<OpenLoopAnswer> {
  const child = fork(join(import.meta.dirname, 'open-loop-process.ts'), { execArgv: [] });
  child.send(load);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the load's process ended with ${code}`);
  });
  const [answer] = await Promise.race([once(child, 'message'), ended]);
  return answer as OpenLoopAnswer;
}

/** @throws Error for any answer but 200 */
export async function runOpenLoop(load: OpenLoop): Promise<OpenLoopAnswer> {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  await requestsWhenDue({ ...load, seconds: WARM_UP_SECONDS }, agent);
  const answer = await requestsWhenDue(load, agent);
  agent.destroy();
  return answer;
}

async function requestsWhenDue(load: OpenLoop, agent: Agent): Promise<OpenLoopAnswer> {
  const latencies: number[] = [];
  const begun = performance.now();
  await whenDue(load, async (index, due) => {
    await send(load, agent, load.bodies[index % load.bodies.length] as string);
    latencies.push(performance.now() - due);
  });
  return { latencies, elapsedSeconds: (performance.now() - begun) / 1000 };
}

async function send({ url, apiKey }: OpenLoop, agent: Agent, body: string): Promise<void> {
  const call = request(url, {
    agent,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-api-key': apiKey,
    },
  });
  call.end(body);
  const [response] = await once(call, 'response');
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}: ${answer}`);
}
