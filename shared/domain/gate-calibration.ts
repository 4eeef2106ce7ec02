import type { Gate, MetricInterval } from '../schemas/model.ts';
import type { Evaluation } from './evaluation.ts';
import { harmAtMost, hasEnoughSessions, type Verdict } from './gate.ts';

const MAX_ECE = 0.05;
/** A slope this far from 1, as a factor either way, still steers a policy rightly. */
const MAX_SLOPE_FACTOR = 4 / 3;

const UNDEFINED: MetricInterval = { value: null, lower: null, upper: null };

/** Whether a score means what it says: on events as they come, which is how scores are asked for. */
export function calibrationGates(evaluation: Evaluation, candidate: string): Gate[] {
  const metrics = evaluation.models.get(candidate);
  const error = metrics?.['ece'] ?? UNDEFINED;
  const slope = metrics?.['calibration_slope'] ?? UNDEFINED;
  const enough = hasEnoughSessions(evaluation);
  return [
    {
      name: 'calibration-error',
      verdict: enough ? harmAtMost(MAX_ECE, error) : 'not-enough-data',
      required: true,
      rule: `The expected calibration error over 10 equal-width bins is at most ${MAX_ECE}; it fails where its whole interval is above.`,
      threshold: MAX_ECE,
      ...error,
    },
    {
      name: 'calibration-slope',
      verdict: enough ? slopeVerdict(slope) : 'not-enough-data',
      required: true,
      rule: `The slope of a logistic recalibration is between 3/4 and 4/3 (1 is calibrated, below 1 overconfident); it fails where its whole interval is outside. The threshold is its largest factor from 1.`,
      threshold: MAX_SLOPE_FACTOR,
      ...slope,
    },
  ];
}

function slopeVerdict({ value, lower, upper }: MetricInterval): Verdict {
  if (value === null || lower === null || upper === null) return 'not-enough-data';
  const [least, most] = [1 / MAX_SLOPE_FACTOR, MAX_SLOPE_FACTOR];
  if (value >= least && value <= most) return 'pass';
  return upper < least || lower > most ? 'fail' : 'not-enough-data';
}
