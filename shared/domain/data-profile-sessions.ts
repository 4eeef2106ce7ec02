import { beginsSession, type SessionFrame } from '../features/session-rule.ts';
import type { DataProfile, NumberProfile } from '../schemas/data-profile.ts';
import { LogHistogram } from './data-profile-histogram.ts';
import { HashSample } from './data-profile-sample.ts';

const VISITORS = 1000;
const EVENTS = 500;

interface Sighting {
  readonly orderKey: string;
  /** Event time, epoch milliseconds. */
  readonly time: number;
  readonly sessionId: string | null;
}

/** Sessions of a sample of visitors, of each its first events, cut by the rule of the fold. */
export class SessionSample {
  readonly #visitors = new HashSample<Sightings>(VISITORS);

  /** @param sighting asked only of sampled visitors; null for an event without a usable time */
  add(visitor: string, sighting: () => Sighting | null): void {
    const sightings = this.#visitors.at(visitor, () => new Sightings());
    const seen = sightings === null ? null : sighting();
    if (seen !== null) sightings?.add(seen);
  }

  merge(other: SessionSample): void {
    this.#visitors.merge(
      other.#visitors,
      () => new Sightings(),
      (into, from) => into.merge(from),
    );
  }

  profile(): { readonly sessions: DataProfile['sessions']; readonly seconds: NumberProfile } {
    const histogram = new LogHistogram();
    let sessions = 0;
    let milliseconds = 0;
    const visitors = this.#visitors.entries();
    for (const [, sightings] of visitors)
      for (const { day, length } of sightings.sessions()) {
        sessions++;
        milliseconds += length;
        // A session is counted under its day alone: a visitor's id stays out of the profile.
        histogram.add(length / 1000, day, day);
      }
    return {
      sessions: {
        visitors: visitors.length,
        sessions,
        mean_seconds: sessions === 0 ? null : milliseconds / sessions / 1000,
      },
      seconds: histogram.profile(),
    };
  }
}

/** A visitor's first events by order key, each once however often it was delivered. */
class Sightings {
  #kept: Sighting[] = [];

  add(sighting: Sighting): void {
    this.#kept.push(sighting);
    if (this.#kept.length >= 2 * EVENTS) this.#tidy();
  }

  merge(other: Sightings): void {
    for (const sighting of other.#kept) this.add(sighting);
  }

  *sessions(): Generator<{ readonly day: string; readonly length: number }> {
    this.#tidy();
    let session: SessionFrame | null = null;
    for (const { time, sessionId } of this.#kept) {
      if (session !== null && beginsSession(session, sessionId, time)) {
        yield told(session);
        session = null;
      }
      session = grown(session, time, sessionId);
    }
    if (session !== null) yield told(session);
  }

  #tidy(): void {
    const byKey = new Map(this.#kept.map((one) => [one.orderKey, one]));
    this.#kept = [...byKey.values()]
      .sort((left, right) => (left.orderKey < right.orderKey ? -1 : 1))
      .slice(0, EVENTS);
  }
}

function grown(session: SessionFrame | null, time: number, sessionId: string | null): SessionFrame {
  return {
    clientId: sessionId ?? session?.clientId ?? null,
    start: Math.min(session?.start ?? time, time),
    newest: Math.max(session?.newest ?? time, time),
    events: (session?.events ?? 0) + 1,
  };
}

function told({ start, newest }: SessionFrame) {
  return { day: new Date(start).toISOString().slice(0, 10), length: newest - start };
}
