import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Circuit,
  closedCircuit,
  failed,
  permit,
  succeeded,
} from '../../shared/domain/circuit-breaker.ts';

const rules = { failures: 3, openMs: 1000 };
const closed = (failures: number): Circuit => ({ state: 'closed', failures });
const open = (until: number): Circuit => ({ state: 'open', until });
const halfOpen = (until: number): Circuit => ({ state: 'half-open', until });

test.each<[string, Circuit, number, boolean, Circuit]>([
  ['closed lets a call through', closed(2), 0, true, closed(2)],
  ['open lets none through before its time', open(1000), 999, false, open(1000)],
  ['open lets one through at its time', open(1000), 1000, true, halfOpen(2000)],
  ['half-open lets no second through', halfOpen(2000), 1999, false, halfOpen(2000)],
  ['half-open gives up on a call that was lost', halfOpen(2000), 2000, true, halfOpen(3000)],
])('%s', (_case, circuit, now, permitted, after) => {
  expect(permit(circuit, now, rules)).toEqual({ permitted, circuit: after });
});

test.each<[string, Circuit, Circuit]>([
  ['forgets failures while closed', closed(2), closed(0)],
  ['closes what was half-open', halfOpen(2000), closed(0)],
  ['does not close what opened since the call was made', open(1000), open(1000)],
])('a success %s', (_case, circuit, after) => {
  expect(succeeded(circuit)).toEqual(after);
});

test.each<[string, Circuit, Circuit]>([
  ['is counted', closed(1), closed(2)],
  ['too many opens', closed(2), open(1500)],
  ['opens again what was half-open', halfOpen(2000), open(1500)],
  ['changes nothing of what is open', open(900), open(900)],
])('a failure: %s', (_case, circuit, after) => {
  expect(failed(circuit, 500, rules)).toEqual(after);
});

test('whatever is answered, in whatever order: bounded calls while down, soon all of them when up', () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 600 }),
    /** What a call made now meets. */
    up: fc.boolean(),
    /** Whether its answer is lost. */
    lost: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, failures) => {
        const limits = { failures, openMs: 1000 };
        let circuit = closedCircuit;
        let now = 0;
        const failedAt: number[] = [];
        for (const { wait, up, lost } of steps) {
          now += wait;
          const asked = permit(circuit, now, limits);
          circuit = asked.circuit;
          if (!asked.permitted || lost) continue;
          if (!up) failedAt.push(now);
          else failedAt.length = 0;
          circuit = up ? succeeded(circuit) : failed(circuit, now, limits);
        }
        // Without a success between, the failures after the first few are an opening apart.
        for (let index = failures; index < failedAt.length; index++) {
          expect(
            (failedAt[index] as number) - (failedAt[index - 1] as number),
          ).toBeGreaterThanOrEqual(limits.openMs);
        }
        // Once everything answers, one opening later all calls go through.
        now += limits.openMs;
        const probe = permit(circuit, now, limits);
        expect(probe.permitted).toBe(true);
        circuit = succeeded(probe.circuit);
        expect(permit(circuit, now, limits).permitted).toBe(true);
        expect(circuit.state).toBe('closed');
      },
    ),
  );
});
