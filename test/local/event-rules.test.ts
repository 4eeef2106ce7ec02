import { beforeEach, expect, test, vi } from 'vitest';
import { openCheckpoints } from '../../local/checkpoints.ts';
import { startEventRule } from '../../local/event-rules.ts';
import { openEventBus } from '../../shared/embedded/event-bus.ts';
import { openStreamLog } from '../../shared/embedded/stream-log.ts';
import { freshDataDirectory } from '../embedded/fresh-data-directory.ts';

const directory = freshDataDirectory();
const NOW = Date.parse('2026-02-03T06:00:00.500Z');

let buses = 0;
let bus = '';
beforeEach(() => {
  bus = `bus-${buses++}`;
});
const announce = (type: string, detail: object) =>
  openEventBus(bus).putEvents([{ type, detail: JSON.stringify(detail) }]);

function start(invoke: (event: unknown) => Promise<unknown>, report = vi.fn()) {
  const log = openStreamLog(directory(), bus);
  const checkpoints = openCheckpoints(directory());
  const rule = { function: `f-${bus}`, types: ['Wanted'] };
  return startEventRule(rule, {
    ...{ directory: directory(), log, checkpoints, invoke, report },
    now: () => NOW,
  });
}

test('what was announced before and after the start is handed on as EventBridge does, once', async () => {
  const invoke = vi.fn(async (_event: unknown) => undefined);
  await announce('Wanted', { first: 1 });
  const rule = await start(invoke);
  await announce('Other', {});
  await announce('Wanted', { second: 2 });
  await vi.waitUntil(() => invoke.mock.calls.length === 2);
  await rule.stop();
  const again = await start(invoke);
  await announce('Wanted', { third: 3 });
  await vi.waitUntil(() => invoke.mock.calls.length === 3);
  await again.stop();
  expect(invoke.mock.calls.map(([event]) => event)).toMatchObject([
    {
      'detail-type': 'Wanted',
      source: 'foresight',
      time: '2026-02-03T06:00:00Z',
      detail: { first: 1 },
    },
    { detail: { second: 2 } },
    { detail: { third: 3 } },
  ]);
});

test('a function that fails is called three times, and the next event is handed on', async () => {
  const failure = new Error('not now');
  const invoke = vi.fn(async (event: unknown) => {
    if ((event as { detail: { bad: boolean } }).detail.bad) throw failure;
  });
  const report = vi.fn();
  const rule = await start(invoke, report);
  await announce('Wanted', { bad: true });
  await announce('Wanted', { bad: false });
  await vi.waitUntil(() => invoke.mock.calls.length === 4);
  await rule.stop();
  expect(report.mock.calls).toEqual([[failure], [failure], [failure]]);
});
