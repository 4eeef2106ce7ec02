import { compileVector } from '../features/vector.ts';
import type { Gate } from '../schemas/model.ts';
import { exactGate } from './gate.ts';
import { featureIndex } from './predict.ts';
import type { PrefixRows } from './prefix-rows.ts';
import type { ScoringModel } from './registered-model.ts';
import { readStates, servedVector } from './served-vector.ts';
import type { ServedState } from './serving-sample.ts';

/** Whether training saw what serving will: rows against vectors read from stored items. */
export function parityGate(
  model: ScoringModel,
  rows: PrefixRows,
  states: readonly ServedState[],
  timeZone: string,
): Gate {
  const columns = model.features.map((name) => featureIndex(rows, name));
  const vector = compileVector(model.features);
  const differing = new Map<string, number>();
  for (const state of states) {
    const trained = rows.vector(state.row, columns);
    const served = servedVector(vector, readStates(state), state.event, timeZone);
    for (const [index, name] of model.features.entries())
      if (!Object.is(trained[index], served[index]))
        differing.set(name, (differing.get(name) ?? 0) + 1);
  }
  const mismatches = [...differing.values()].reduce((sum, count) => sum + count, 0);
  const gate = exactGate({
    name: 'training-serving-parity',
    rule: 'Every value of a training row equals the one that the scorer reads from the stored items of the same moment: no mismatch.',
    value: mismatches,
    threshold: 0,
    detail: `${states.length} rows of ${columns.length} values${mismatches === 0 ? '' : `; ${[...differing].map(([name, count]) => `${name}: ${count}`).join(', ')}`}`,
  });
  return states.length === 0 ? { ...gate, verdict: 'not-enough-data' } : gate;
}
