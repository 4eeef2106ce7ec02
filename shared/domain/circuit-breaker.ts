/**
 * Whether calling something that may be down is worth it, as a state machine on a clock:
 * - closed: calls are made; so many failures in a row open it,
 * - open: no calls, until a time,
 * - half-open: one call was let through to see, and until it is answered, or lost, no other.
 *
 * Times are epoch milliseconds.
 */
export type Circuit =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly until: number }
  | { readonly state: 'half-open'; readonly until: number };

export interface CircuitRules {
  /** In a row, to open it; at least 1. */
  readonly failures: number;
  /** How long it stays open, and how long the one call may take before it counts as lost. */
  readonly openMs: number;
}

export const closedCircuit: Circuit = { state: 'closed', failures: 0 };

/** Asks to make a call: whether it may be made, and the circuit with it under way. */
export function permit(
  circuit: Circuit,
  now: number,
  { openMs }: CircuitRules,
): { readonly permitted: boolean; readonly circuit: Circuit } {
  if (circuit.state === 'closed') return { permitted: true, circuit };
  if (now < circuit.until) return { permitted: false, circuit };
  return { permitted: true, circuit: { state: 'half-open', until: now + openMs } };
}

/** A call was answered. One made before the circuit opened does not close it. */
export function succeeded(circuit: Circuit): Circuit {
  return circuit.state === 'open' ? circuit : closedCircuit;
}

/** A call failed. */
export function failed(circuit: Circuit, now: number, rules: CircuitRules): Circuit {
  switch (circuit.state) {
    case 'open':
      return circuit;
    case 'half-open':
      return { state: 'open', until: now + rules.openMs };
    case 'closed': {
      const failures = circuit.failures + 1;
      return failures < rules.failures
        ? { state: 'closed', failures }
        : { state: 'open', until: now + rules.openMs };
    }
  }
}
