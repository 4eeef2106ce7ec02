import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { useEnvironment } from '../../local/environment.ts';
import { functionResource, loadFunctions } from '../../local/functions.ts';
import type { WiredMachine } from '../../local/machines/definition.ts';
import { platformTasks } from '../../local/machines/platform-tasks.ts';
import type { TaskHandler } from '../../local/machines/tasks.ts';
import { readProjectWiring } from '../../local/project.ts';
import { snapshotMarks } from '../../shared/domain/snapshot-mark.ts';
import { keptRows } from '../../shared/domain/snapshot-rows.ts';
import { type LogicalClock, runOnLogicalClock } from '../../shared/embedded/clock.ts';
import {
  closeDataDirectory,
  dataDirectory,
  openDataDirectory,
} from '../../shared/embedded/data-directory.ts';
import { publishedNotices } from '../../shared/embedded/notices.ts';
import { openObjectStore } from '../../shared/embedded/object-store.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { openStateMachines } from '../../shared/embedded/state-machines.ts';
import { productFromItem, productItemKey } from '../../shared/features/item.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { enrichedEvent } from '../enriched-event.ts';
import { ended, runnerOf, statesOf } from '../machines/run-machine.ts';

vi.setConfig({ testTimeout: 60_000 }); // DuckDB, on a machine that may be busy

const ATHENA = 'arn:aws:states:::athena:startQueryExecution.sync';
const LAMBDA = 'arn:aws:states:::lambda:invoke';
const DAY = 86_400_000;
const FIRST = Date.UTC(2026, 4, 5);
const DATE = '2026-05-07';

const wiring = readProjectWiring('dev');
const wired = wiring.machines.find(({ name }) => name === 'batch-features') as WiredMachine;
/** The machine of the file, but that its retries do not wait. */
const machine: WiredMachine = {
  ...wired,
  definition: JSON.parse(JSON.stringify(wired.definition), (key, value) =>
    key === 'IntervalSeconds' ? 0.001 : value,
  ),
};

let folder: string;
let clock: LogicalClock;

function open(): void {
  folder = mkdtempSync(join(tmpdir(), 'foresight-batch-'));
  useEnvironment(wiring, folder);
  openDataDirectory(folder);
  clock = runOnLogicalClock(Date.parse(`${DATE}T02:00:00Z`));
}
async function close(): Promise<void> {
  clock.end();
  await closeDataDirectory(dataDirectory());
  rmSync(folder, { recursive: true });
}
beforeEach(open);
afterEach(close);

const lake = () => join(folder, 'LakeBucket');

function deliver(events: readonly EnrichedEvent[]): void {
  for (const event of events) {
    const day = join(lake(), 'bronze/enriched_events', `dt=${event.received_at.slice(0, 10)}`);
    mkdirSync(day, { recursive: true });
    appendFileSync(join(day, '0.jsonl'), `${JSON.stringify(event)}\n`);
  }
}

/** A few views and an order a day. */
function shopDay(day: number, changes: Partial<EnrichedEvent> = {}): EnrichedEvent[] {
  const at = FIRST + day * DAY + DAY / 2;
  const shopper = { visitor: `v${day}`, user_id: 'anna', product_id: 'p', price: 10, ...changes };
  return [
    enrichedEvent({ at, ...shopper }),
    enrichedEvent({ at: at + 1000, ...shopper, product_id: 'q' }),
    enrichedEvent({
      at: at + 2000,
      ...shopper,
      event_type: 'purchase',
      order_id: `o${day}`,
      quantity: 1,
    }),
  ];
}

/** Wraps a service: null lets the request through. */
type Fault = (request: unknown, signal: AbortSignal) => Promise<unknown> | null;

async function tasksWith(faults: Readonly<Record<string, Fault>>) {
  const functions = wiring.functions.filter(({ name }) => name.startsWith('batch-features-'));
  const invoke = await loadFunctions(functions);
  const names = new Map(functions.map(({ name }) => [functionResource(name), name]));
  const machines = openStateMachines();
  const real = platformTasks({
    machines,
    invoke: (resource, event) => invoke(names.get(resource) as string, event),
  });
  const wrap =
    (resource: string, handler: TaskHandler): TaskHandler =>
    async (request, signal) =>
      (await faults[resource]?.(request, signal)) ?? handler(request, signal);
  return new Map([...real].map(([resource, handler]) => [resource, wrap(resource, handler)]));
}

async function run(
  name = 'one',
  faults: Readonly<Record<string, Fault>> = {},
  input: object = { date: DATE },
  of = machine,
) {
  await openStateMachines().start(of.resource, name, JSON.stringify(input));
  const runner = runnerOf(of, await tasksWith(faults));
  await runner.idle();
  await runner.stop();
  return ended(of, name);
}

const notices = () => publishedNotices('MediumNotices').map(({ subject, body }) => subject + body);

function files(prefix: string): ReadonlyMap<string, string> {
  const root = join(lake(), prefix);
  if (!existsSync(root)) return new Map();
  return new Map(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((path) => [path.slice(lake().length), readFileSync(path).toString('base64')]),
  );
}

const gold = () => new Map([...files('gold/user_features'), ...files('gold/product_features')]);

async function marks() {
  const found = [];
  for await (const mark of snapshotMarks(openObjectStore('LakeBucket'))) found.push(mark);
  return found;
}

async function product(id: string) {
  const key = productItemKey(id);
  const item = (await openOnlineStore('OnlineTable').read([key])).get(key);
  return item === undefined ? null : productFromItem(item);
}

const failOnce = (matches: (request: string) => boolean, name = 'States.TaskFailed'): Fault => {
  let left = 1;
  return (request) =>
    matches(JSON.stringify(request)) && left-- > 0
      ? Promise.reject(Object.assign(new Error('{"QueryExecution":{}}'), { name }))
      : null;
};

test('the snapshots of a date are made, validated, online and marked', async () => {
  deliver([...shopDay(0), ...shopDay(1)]);
  const ran = await run();
  expect(ran.history.filter(({ error }) => error !== null)).toEqual([]);
  expect(ran.status).toBe('SUCCEEDED');
  expect(await product('p')).toMatchObject({
    'product.view_count_30d': 2,
    'product.purchase_count_30d': 2,
  });
  expect([...gold().keys()]).toEqual([
    `/gold/user_features/dt=${DATE}/part.parquet`,
    `/gold/product_features/dt=${DATE}/part.parquet`,
  ]);
  expect([...files('silver').keys()].filter((file) => file.includes('orders'))).toHaveLength(2);
  const loaded = { date: DATE, valid_from: clock.now(), source: 'load' };
  expect(await marks()).toEqual([
    { entity: 'product', ...loaded },
    { entity: 'user', ...loaded },
  ]);
  const { lines } = await keptRows(openObjectStore('LakeBucket'), {
    entity: 'product',
    date: DATE,
  });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { id: 'p', values: await product('p') },
    { id: 'q', values: await product('q') },
  ]);
  expect(notices()).toEqual([]);
});

test('again, by another name, it is the same snapshot, visible since the first', async () => {
  deliver(shopDay(1));
  await run();
  const first = gold();
  const marked = await marks();
  clock.advanceTo(clock.now() + 3_600_000);
  expect((await run('two')).status).toBe('SUCCEEDED');
  expect(gold()).toEqual(first);
  expect(await marks()).toEqual(marked);
});

test('a second start of the same name runs nothing', async () => {
  deliver(shopDay(1));
  const athena = vi.fn<Fault>(() => null);
  await run('one', { [ATHENA]: athena });
  const calls = athena.mock.calls.length;
  expect((await run('one', { [ATHENA]: athena })).status).toBe('SUCCEEDED');
  expect(athena).toHaveBeenCalledTimes(calls);
});

test('the schedule starts the run of its day, once', async () => {
  const start = wiring.functions.filter(({ name }) => name === 'batch-features-start');
  const invoke = await loadFunctions(start);
  for (const _ of [1, 2]) await invoke('batch-features-start', {});
  expect(openStateMachines().running()).toMatchObject([
    { machine: machine.resource, name: `batch-features-${DATE}`, input: `{"date":"${DATE}"}` },
  ]);
});

test('a run for a date that has passed is marked for training alone; a late event moves no past', async () => {
  deliver([...shopDay(0), ...shopDay(1)]);
  await run();
  const past = gold();
  const late = enrichedEvent({ at: FIRST, product_id: 'p', visitor: 'late' });
  deliver([{ ...late, received_at: '2026-05-07T12:00:00.000Z' }, ...shopDay(2)]);
  clock.advanceTo(Date.parse('2026-05-08T02:00:00Z'));
  expect((await run('next', {}, { date: '2026-05-08' })).status).toBe('SUCCEEDED');
  expect(await product('p')).toMatchObject({ 'product.view_count_30d': 4 });
  expect((await run('past', {}, { date: '2026-05-06' })).status).toBe('SUCCEEDED');
  expect(await product('p')).toMatchObject({ 'product.view_count_30d': 4 });
  for (const [file, bytes] of past) expect(gold().get(file)).toBe(bytes);
  expect((await marks()).filter(({ entity }) => entity === 'product')).toMatchObject([
    { date: '2026-05-06', source: 'assumed', valid_from: Date.parse('2026-05-06T06:00:00Z') },
    { date: DATE, source: 'load', valid_from: Date.parse('2026-05-07T02:00:00Z') },
    { date: '2026-05-08', source: 'load', valid_from: Date.parse('2026-05-08T02:00:00Z') },
  ]);
});

test('before the first event there is nothing to tell of', async () => {
  expect(statesOf(await run()).at(-1)).toBe('Nothing to tell of');
  deliver(shopDay(3));
  expect(statesOf(await run('two')).at(-1)).toBe('Nothing to tell of');
  expect(gold().size).toBe(0);
});

test('a snapshot that is not what it should be halts the run, and nothing is loaded', async () => {
  deliver(shopDay(0));
  clock.advanceTo(Date.parse('2026-05-06T02:00:00Z'));
  await run('good', {}, { date: '2026-05-06' });
  deliver(shopDay(1, { price: -20_000 }));
  const ran = await run('bad');
  expect(ran.status).toBe('FAILED');
  expect(statesOf(ran).at(-1)).toBe('Halted');
  expect(await product('p')).toMatchObject({ 'product.view_count_30d': 1 });
  expect((await marks()).map(({ date }) => date)).toEqual(['2026-05-06', '2026-05-06']);
  const told = 'avg_price_7d goes down to -9995';
  expect(notices()).toEqual([expect.stringContaining(told)]);
  const report = readFileSync(join(lake(), `gold/validation/dt=${DATE}/report.json`), 'utf8');
  expect(JSON.parse(report).findings).toContainEqual(
    expect.objectContaining({ verdict: 'halt', detail: told }),
  );
});

describe('what cannot be read ends the run with its name, and nothing is loaded', () => {
  afterEach(async () => {
    expect(await marks()).toEqual([]);
    expect(await product('p')).toBeNull();
  });

  test('a missing day', async () => {
    deliver([...shopDay(-1), ...shopDay(1)]);
    expect(statesOf(await run()).at(-1)).toBe('Failed');
    expect(notices()).toEqual([expect.stringContaining('bronze/enriched_events/dt=2026-05-05')]);
  });

  test('a renamed column', async () => {
    deliver(shopDay(1));
    const file = join(lake(), 'bronze/enriched_events/dt=2026-05-06/0.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"visitor"', '"shopper"'));
    expect((await run()).status).toBe('FAILED');
    expect(notices()).toEqual([expect.stringContaining('UnreadableInput')]);
    expect(notices()).toEqual([expect.stringContaining('3 lines without visitor')]);
  });

  test('a corrupt file of silver', async () => {
    deliver(shopDay(0));
    await run(
      'first',
      { [LAMBDA]: failAlways('BatchDashfeaturesDashloadLambdaFunction') },
      {
        date: '2026-05-06',
      },
    );
    writeFileSync(join(lake(), 'silver/events/dt=2026-05-05/part.parquet'), 'garbage');
    deliver(shopDay(1));
    expect((await run()).status).toBe('FAILED');
    expect(notices().at(-1)).toContain('silver/events/dt=2026-05-05/part.parquet');
  });
});

const failAlways =
  (text: string): Fault =>
  (request) =>
    JSON.stringify(request).includes(text)
      ? Promise.reject(
          Object.assign(new Error('{"errorMessage":"down"}'), { name: 'NotEnoughData' }),
        )
      : null;

test('a known empty day is passed over', async () => {
  deliver([...shopDay(-1), ...shopDay(1)]);
  const ran = await run('one', {}, { date: DATE, empty_days: ['2026-05-05'] });
  expect(ran.status).toBe('SUCCEEDED');
  expect(await product('p')).toMatchObject({ 'product.view_count_30d': 2 });
});

describe('a failure on the way', () => {
  let undisturbed: { gold: ReadonlyMap<string, string>; product: unknown };
  beforeAll(async () => {
    open();
    deliver(shopDay(1));
    await run();
    undisturbed = { gold: gold(), product: await product('p') };
    await close();
  });

  test.each<[string, string, Fault]>([
    ['of a write', ATHENA, failOnce((text) => text.includes('INSERT INTO silver_sessions'))],
    ['of a deletion', ATHENA, failOnce((text) => text.includes('DELETE FROM user_features'))],
    ['of an export', ATHENA, failOnce((text) => text.includes('UNLOAD'))],
    ['of a load', LAMBDA, failOnce((text) => text.includes('DashloadLambda'), 'StoreUnavailable')],
    ['after a write was done', ATHENA, afterwards('INSERT INTO silver_events')],
  ])('%s is tried again, with the same outcome', async (_, resource, fault) => {
    deliver(shopDay(1));
    expect((await run('one', { [resource]: fault })).status).toBe('SUCCEEDED');
    expect({ gold: gold(), product: await product('p') }).toEqual(undisturbed);
  });

  test('that lasts ends the run; redriven, it goes on', async () => {
    deliver(shopDay(1));
    const down = failAlwaysFailing('INSERT INTO product_features');
    expect((await run('one', { [ATHENA]: down })).status).toBe('FAILED');
    expect(notices()).toEqual([expect.stringContaining('States.TaskFailed: Query exhausted')]);
    expect(await marks()).toEqual([]);
    expect(await openStateMachines().redrive(machine.resource, 'one')).toBe(true);
    expect((await run('one')).status).toBe('SUCCEEDED');
    expect({ gold: gold(), product: await product('p') }).toEqual(undisturbed);
  });

  test('a query that takes too long is interrupted, and told of', async () => {
    deliver(shopDay(1));
    const hasty: WiredMachine = {
      ...machine,
      definition: JSON.parse(JSON.stringify(machine.definition), (key, value) =>
        key === 'TimeoutSeconds' && value === 1800 ? 1 : key === 'MaxAttempts' ? 0 : value,
      ),
    };
    // Answers after its time, as a query does that is interrupted.
    const slow: Fault = (request, signal) =>
      JSON.stringify(request).includes('INSERT INTO user_features') ? once(signal, 'abort') : null;
    const ran = await run('one', { [ATHENA]: slow }, { date: DATE }, hasty);
    expect(ran.status).toBe('FAILED');
    expect(notices()).toEqual([expect.stringContaining('States.Timeout')]);
  });
});

/** The service did it, and its answer was lost. */
function afterwards(statement: string): Fault {
  let left = 1;
  return (request) => {
    if (!JSON.stringify(request).includes(statement) || left-- <= 0) return null;
    return import('../../local/machines/athena.ts').then(async ({ startQueryExecution }) => {
      await startQueryExecution(request, new AbortController().signal);
      throw Object.assign(new Error('lost'), { name: 'States.TaskFailed' });
    });
  };
}

function failAlwaysFailing(statement: string): Fault {
  const Cause = JSON.stringify({
    QueryExecution: { Status: { State: 'FAILED', StateChangeReason: 'Query exhausted resources' } },
  });
  return (request) =>
    JSON.stringify(request).includes(statement)
      ? Promise.reject(Object.assign(new Error(Cause), { name: 'States.TaskFailed' }))
      : null;
}
