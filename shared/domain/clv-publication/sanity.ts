import { ScoresHalted } from '../../errors.ts';
import type { ClvPublication } from '../../schemas/clv.ts';
import type { ScoreTotals } from './score-totals.ts';

/** How far the mean of predicted values may be from last week's. */
const MEAN_SHIFT = 0.15;

export interface SanityFinding {
  readonly check:
    | 'row-count'
    | 'unusable-scores'
    | 'repeated-customers'
    | 'all-equal'
    | 'mean-shift';
  readonly passed: boolean;
  /** Names the numbers. */
  readonly text: string;
}

/** What scores are held against. */
export interface SanityBasis {
  /** The publication that is current; null before the first. */
  readonly previous: Pick<ClvPublication, 'as_of' | 'horizon_days' | 'totals'> | null;
  readonly horizonDays: number;
  /** Why somebody takes a shift of the mean for right, e.g. another model; null: nobody did. */
  readonly acceptedShift: string | null;
}

/** Whether scores may be published: one finding a check. */
export function sanityFindings(scores: ScoreTotals, basis: SanityBasis): readonly SanityFinding[] {
  const { base, customers, unusable, repeated, least, most } = scores;
  return [
    {
      check: 'row-count',
      passed: customers === base && customers > 0,
      text: `${customers} rows of ${base} customers`,
    },
    {
      check: 'unusable-scores',
      passed: unusable === 0,
      text: `${unusable} rows have a number that is missing, not finite or out of range`,
    },
    {
      check: 'repeated-customers',
      passed: repeated === 0,
      text: `${repeated} rows repeat a customer`,
    },
    {
      check: 'all-equal',
      passed: customers < 2 || least !== most,
      text: `predicted values from ${least ?? 'none'} to ${most ?? 'none'}`,
    },
    meanShift(scores, basis),
  ];
}

function meanShift(scores: ScoreTotals, basis: SanityBasis): SanityFinding {
  const { previous, horizonDays, acceptedShift } = basis;
  const mean = scores.predicted_value / Math.max(1, scores.customers - scores.unusable);
  const finding = (passed: boolean, text: string): SanityFinding => ({
    check: 'mean-shift',
    passed,
    text: `mean predicted value ${mean.toFixed(2)}${text}`,
  });
  if (previous === null) return finding(true, '; nothing is published to compare with');
  const { as_of: day, horizon_days: days, totals } = previous;
  if (days !== horizonDays)
    return finding(
      acceptedShift !== null,
      ` over ${horizonDays} days cannot be compared with that of ${day} over ${days} days${accepted(acceptedShift)}`,
    );
  const known = totals.mean_value;
  const shift = known === 0 ? (mean === 0 ? 0 : Number.POSITIVE_INFINITY) : mean / known - 1;
  return finding(
    Math.abs(shift) <= MEAN_SHIFT || acceptedShift !== null,
    `, ${known.toFixed(2)} as of ${day}: ${(shift * 100).toFixed(1)} % (at most ±${MEAN_SHIFT * 100} %)${accepted(acceptedShift)}`,
  );
}

function accepted(reason: string | null): string {
  return reason === null ? '' : `; accepted: ${reason}`;
}

/** @throws ScoresHalted naming the numbers of every check that failed */
export function requireSane(findings: readonly SanityFinding[]): void {
  const failed = findings.filter(({ passed }) => !passed);
  if (failed.length === 0) return;
  throw new ScoresHalted(
    `nothing is published, what was published before stays: ${failed.map(({ check, text }) => `${check}: ${text}`).join('; ')}`,
  );
}
