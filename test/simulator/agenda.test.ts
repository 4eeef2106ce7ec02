import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Agenda } from '../../local/simulator/agenda.ts';

test('gives back the soonest, and of equals the first entered', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { nil: null })), (steps) => {
      const agenda = new Agenda<{ at: number; rank: number }>();
      const expected: { at: number; rank: number }[] = [];
      for (const [rank, at] of steps.entries()) {
        if (at === null) {
          expected.sort((a, b) => a.at - b.at || a.rank - b.rank);
          expect(agenda.take()).toEqual(expected.shift());
        } else {
          agenda.enter({ at, rank });
          expected.push({ at, rank });
        }
      }
    }),
  );
});
