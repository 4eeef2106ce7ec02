import { quantile } from '../math/quantile.ts';
import type { Gate } from '../schemas/model.ts';
import type { FeatureValue } from '../schemas/score.ts';
import { exactGate } from './gate.ts';
import type { ScoringModel } from './registered-model.ts';

const MAX_BYTES = 5_000_000;
const MAX_LATENCY_RATIO = 25;
const ROUNDS = 15;

/** @param bytes of the file that a scorer evaluates */
export function sizeGate(bytes: number): Gate {
  return exactGate({
    name: 'model-size',
    rule: `The file that the scorer loads has at most ${MAX_BYTES / 1e6} MB.`,
    value: bytes,
    threshold: MAX_BYTES,
  });
}

/**
 * Times the scorer against decoding the same vectors from JSON: the least that a request costs, on
 * the same machine, interleaved. The measured ratio is told beside the gate, not in it: a version's
 * bytes must not depend on a clock.
 * @param stopwatch milliseconds, from any origin
 */
export function latencyGate(
  model: ScoringModel,
  vectors: readonly (readonly FeatureValue[])[],
  stopwatch: () => number,
): { readonly gate: Gate; readonly ratio: number | null } {
  const texts = vectors.map((values) => JSON.stringify(values));
  const timed = (work: () => void) => {
    const begin = stopwatch();
    work();
    return stopwatch() - begin;
  };
  const ratios = Float64Array.from({ length: ROUNDS }, () => {
    const scoring = timed(() => {
      for (const values of vectors) model.score(values);
    });
    const decoding = timed(() => {
      for (const text of texts) JSON.parse(text);
    });
    return scoring / decoding;
  }).sort();
  const ratio = vectors.length === 0 ? null : quantile(ratios, 0.5);
  return {
    ratio,
    gate: {
      name: 'scorer-latency',
      verdict: ratio === null ? 'not-enough-data' : ratio <= MAX_LATENCY_RATIO ? 'pass' : 'fail',
      required: true,
      rule: `Scoring a vector takes at most ${MAX_LATENCY_RATIO} times as long as decoding it from JSON, in the median of ${ROUNDS} interleaved rounds. The ratio itself is told by the training: a version's bytes do not depend on a clock.`,
      value: null,
      threshold: MAX_LATENCY_RATIO,
      lower: null,
      upper: null,
    },
  };
}
