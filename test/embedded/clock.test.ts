import { afterEach, expect, test } from 'vitest';
import {
  type LogicalClock,
  openClock,
  openReceiveTime,
  runOnLogicalClock,
} from '../../shared/embedded/clock.ts';
import { clockContract } from '../contracts/clock.ts';

let logical: LogicalClock | undefined;
afterEach(() => logical?.end());

clockContract(() => ({ clock: openClock(), receiveTime: openReceiveTime() }));

test('a logical clock moves every open clock of the process, only forward', () => {
  const clock = openClock();
  logical = runOnLogicalClock(1000);
  expect(clock.now()).toBe(1000);
  logical.advanceTo(5000);
  logical.advanceTo(2000);
  expect(clock.now()).toBe(5000);
  expect(logical.now()).toBe(5000);
  logical.end();
  expect(clock.now()).toBeGreaterThan(1_600_000_000_000);
});

test.each([
  [
    'its received_at',
    { received_at: '2015-05-02T22:00:00.123Z', event_timestamp: '2015-05-01T00:00:00.000Z' },
    Date.parse('2015-05-02T22:00:00.123Z'),
  ],
  [
    'the clock, whatever its event_timestamp says',
    { event_timestamp: '2035-05-01T00:00:00.000Z' },
    1000,
  ],
  ['the clock where it has none', { event_type: 'page_view' }, 1000],
  ['the clock where it is no time', { received_at: 'yesterday' }, 1000],
  ['the clock where it is no event', null, 1000],
])('on a logical clock an event is received at %s', (_case, event, expected) => {
  const receiveTime = openReceiveTime();
  logical = runOnLogicalClock(1000);
  expect(receiveTime(event)).toBe(expected);
});
