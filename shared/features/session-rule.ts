/** A session without a client's id ends after this long without an event; exactly this stays. */
export const SESSION_IDLE_SECONDS = 30 * 60;
export const SESSION_IDLE_MS = SESSION_IDLE_SECONDS * 1000;
/** However busy, a session ends here: state, and the damage of a stuck client id, stay bounded. */
const SESSION_MAX_MS = 24 * 60 * 60 * 1000;
const SESSION_MAX_EVENTS = 1000;

export interface SessionFrame {
  /** The client's session id, null until an event brings one. */
  readonly clientId: string | null;
  /** Running minimum and maximum of event time, epoch milliseconds. */
  readonly start: number;
  readonly newest: number;
  readonly events: number;
}

/**
 * Whether an event, the next one in order_key order, begins a new session. Two client ids decide by
 * themselves; where the event or the session has none, the gap to the running maximum of event time
 * does. An event from before the session (a late device clock) stays in it.
 *
 * @param time event time, epoch milliseconds
 */
export function beginsSession(
  session: SessionFrame,
  clientId: string | null,
  time: number,
): boolean {
  if (session.events >= SESSION_MAX_EVENTS || time - session.start >= SESSION_MAX_MS) return true;
  if (clientId !== null && session.clientId !== null) return clientId !== session.clientId;
  return time - session.newest > SESSION_IDLE_MS;
}
