import { describe, expect, test } from 'vitest';
import { beginsSession } from '../../shared/features/session-rule.ts';
import { applyToVisitor, emptyVisitor, sessionId } from '../../shared/features/visitor.ts';
import { enrichedEvent } from '../enriched-event.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 4, 6, 12);

describe('beginsSession', () => {
  const running = { clientId: null, start: START, newest: START + HOUR, events: 10 };
  const named = { ...running, clientId: 'a' };

  test.each([
    ['29:59.999 after the newest event', running, null, HOUR + 30 * MINUTE - 1, false],
    ['exactly 30 minutes after it', running, null, HOUR + 30 * MINUTE, false],
    ['one millisecond more', running, null, HOUR + 30 * MINUTE + 1, true],
    ['before the newest event', running, null, 20 * MINUTE, false],
    ['before the first event', running, null, -HOUR, false],
    ['an id arriving in time is adopted', running, 'a', HOUR, false],
    ['an id arriving too late begins one', running, 'a', HOUR + 31 * MINUTE, true],
    ['the same id', named, 'a', HOUR, false],
    ['the same id after any gap', named, 'a', 20 * HOUR, false],
    ['another id at once', named, 'b', HOUR, true],
    ['no id does not end a named session', named, null, HOUR, false],
    ['no id after the gap', named, null, HOUR + 30 * MINUTE + 1, true],
    ['the same id just before 24 hours', named, 'a', 24 * HOUR - 1, false],
    ['the same id at 24 hours', named, 'a', 24 * HOUR, true],
    ['the 1000th event', { ...running, events: 999 }, null, HOUR, false],
    ['the 1001st event', { ...running, events: 1000 }, null, HOUR, true],
    ['the 1001st event of one id', { ...named, events: 1000 }, 'a', HOUR, true],
  ])('%s', (_case, session, clientId, offset, begins) => {
    expect(beginsSession(session, clientId, START + offset)).toBe(begins);
  });
});

describe('the sessions of a visitor', () => {
  const minutes = (events: readonly (readonly [number, string | null])[]) => {
    const state = emptyVisitor();
    return events.map(([minute, session_id]) => {
      applyToVisitor(state, enrichedEvent({ at: START + minute * MINUTE, session_id }), null);
      return [state.sessions, state.session?.clientId ?? null];
    });
  };

  test('the gap counts from the running maximum, not from the last event', () => {
    expect(
      minutes([
        [0, null],
        [29, null],
        [1, null],
        [58, null],
        [89, null],
      ]),
    ).toEqual([
      [1, null],
      [1, null],
      [1, null],
      [1, null],
      [2, null],
    ]);
  });

  test('an id is adopted, kept through events without one, and ended by another', () => {
    expect(
      minutes([
        [0, null],
        [1, 'a'],
        [2, null],
        [3, 'a'],
        [4, 'b'],
        [5, 'a'],
      ]),
    ).toEqual([
      [1, null],
      [1, 'a'],
      [1, 'a'],
      [1, 'a'],
      [2, 'b'],
      [3, 'a'],
    ]);
  });

  test('session ids never repeat, even for sessions that begin in one second', () => {
    const state = emptyVisitor();
    const ids = ['a', 'b', 'c', 'd'].map((session_id, index) => {
      applyToVisitor(state, enrichedEvent({ at: START + index, session_id }), null);
      return sessionId('v', state);
    });
    const [first] = ids.map((id) => Number(id?.split(':')[1]));
    expect(ids).toEqual([0, 1, 2, 3].map((more) => `v:${(first as number) + more}`));

    const forgotten = emptyVisitor();
    applyToVisitor(forgotten, enrichedEvent({ at: START + 100 * 24 * HOUR }), null);
    expect(ids).not.toContain(sessionId('v', forgotten));
  });
});
