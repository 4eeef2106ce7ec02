import { SESSION_IDLE_MS } from '../features/session-rule.ts';

const DAY_MS = 24 * 60 * 60_000;

export interface SessionSummary {
  readonly all: number;
  readonly of_one_event: number;
  readonly with_cart: number;
  readonly buying: number;
  readonly buying_without_cart: number;
  readonly beginning_with_purchase: number;
  /** Active in the last 30 minutes of the source: what they would have done is not known. */
  readonly open_at_end: number;
}

interface Session {
  last: number;
  events: number;
  cart: boolean;
  purchase: boolean;
  readonly beganWithPurchase: boolean;
}

/**
 * Counts sessions: by the client's session id, else cut after 30 minutes without an event of the
 * visitor. A session idle for a day is over, so that memory is bounded by the sessions of a day.
 */
export function summariseSessions(): {
  add(visitor: string, sessionId: string | null, type: string, at: number): void;
  summary(): SessionSummary;
} {
  const open = new Map<string, Session>();
  const counts = {
    all: 0,
    of_one_event: 0,
    with_cart: 0,
    buying: 0,
    buying_without_cart: 0,
    beginning_with_purchase: 0,
  };
  let latest = Number.NEGATIVE_INFINITY;
  let swept = Number.NEGATIVE_INFINITY;

  function count(session: Session, into = counts): void {
    into.all++;
    if (session.events === 1) into.of_one_event++;
    if (session.cart) into.with_cart++;
    if (!session.purchase) return;
    into.buying++;
    if (!session.cart) into.buying_without_cart++;
    if (session.beganWithPurchase) into.beginning_with_purchase++;
  }

  function sweep(): void {
    swept = latest;
    for (const [key, session] of open) {
      if (latest - session.last < DAY_MS) continue;
      count(session);
      open.delete(key);
    }
  }

  return {
    add(visitor, sessionId, type, at) {
      const key = sessionId === null ? visitor : JSON.stringify([visitor, sessionId]);
      let session = open.get(key);
      if (session !== undefined && sessionId === null && at - session.last > SESSION_IDLE_MS) {
        count(session);
        session = undefined;
      }
      const isPurchase = type === 'purchase';
      if (session === undefined) {
        session = {
          last: at,
          events: 0,
          cart: false,
          purchase: false,
          beganWithPurchase: isPurchase,
        };
        open.set(key, session);
      }
      session.last = Math.max(session.last, at);
      session.events++;
      session.cart ||= type === 'add_to_cart';
      session.purchase ||= isPurchase;
      latest = Math.max(latest, at);
      if (latest - swept >= DAY_MS) sweep();
    },
    summary() {
      const all = { ...counts };
      let openAtEnd = 0;
      for (const session of open.values()) {
        count(session, all);
        if (latest - session.last <= SESSION_IDLE_MS) openAtEnd++;
      }
      return { ...all, open_at_end: openAtEnd };
    },
  };
}
