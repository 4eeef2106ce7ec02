import type { Gate } from '../schemas/model.ts';
import type { Evaluation } from './evaluation.ts';
import { hasEnoughSessions, measuredBy, provenAtLeast } from './gate.ts';

/** Against which model, by its name in the evaluation, and how much worse is as good as equal. */
export interface Competitor {
  readonly model: string;
  /** 0: the gain must be proven. Above: a loss larger than this must be ruled out. */
  readonly tolerance: number;
}

const METRICS = [
  { name: 'auc', metric: 'auc_weighted', words: 'AUC' },
  { name: 'average-precision', metric: 'average_precision_weighted', words: 'average precision' },
] as const;

/** Ranking against other models on the same rows, by paired draws of users. */
export function performanceGates(
  evaluation: Evaluation,
  candidate: string,
  competitors: readonly Competitor[],
): Gate[] {
  return competitors.flatMap(({ model, tolerance }) =>
    METRICS.map(({ name, metric, words }): Gate => {
      const gain = pairedGain(evaluation, candidate, model, metric);
      const threshold = tolerance === 0 ? 0 : -tolerance;
      const verdict = hasEnoughSessions(evaluation)
        ? provenAtLeast(threshold, gain)
        : 'not-enough-data';
      return {
        name: `${name}-over-${model}`,
        verdict,
        required: true,
        rule:
          tolerance === 0
            ? `The ${words} gained over ${model} is above 0 with its whole interval (paired bootstrap over users, every session counting once).`
            : `The ${words} is not more than ${tolerance} below that of ${model}, with the whole interval (paired bootstrap over users, every session counting once).`,
        threshold,
        ...gain,
      };
    }),
  );
}

/** Difference of a metric between two models in an evaluation, with its paired interval. */
function pairedGain(evaluation: Evaluation, candidate: string, other: string, metric: string) {
  const of = (model: string) => ({
    value: evaluation.models.get(model)?.[metric]?.value ?? null,
    draws: evaluation.draws.get(model)?.[metric],
  });
  const [own, before] = [of(candidate), of(other)];
  return measuredBy(
    own.value === null || before.value === null ? null : own.value - before.value,
    own.draws?.map((value, draw) => value - (before.draws?.[draw] ?? Number.NaN)),
  );
}
