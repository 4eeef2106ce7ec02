import { describe, expect, test } from 'vitest';
import type { Clock, ReceiveTime } from '../../shared/ports.ts';

/** What every live clock promises: the machine's time, whatever an event claims. */
export function clockContract(open: () => { clock: Clock; receiveTime: ReceiveTime }): void {
  describe('clock', () => {
    test('answers the time of this machine', () => {
      const { clock } = open();
      const before = Date.now();
      const now = clock.now();
      expect(now).toBeGreaterThanOrEqual(before);
      expect(now).toBeLessThanOrEqual(Date.now());
    });

    test.each([
      ['an event that claims its own receive time', { received_at: '2001-01-01T00:00:00.000Z' }],
      ['an event without one', {}],
      ['something that is no event', null],
    ])('does not believe %s', (_case, event) => {
      const { receiveTime } = open();
      const before = Date.now();
      const received = receiveTime(event);
      expect(received).toBeGreaterThanOrEqual(before);
      expect(received).toBeLessThanOrEqual(Date.now());
    });
  });
}
