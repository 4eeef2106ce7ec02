import type { CaughtError } from '../../schemas/training-run.ts';
import { causeText } from '../cause-text.ts';
import type { TrainingNotice } from '../training-run/notice.ts';
import type { ClvTrainingPlan, ClvTrainingVerdict } from './training-plan.ts';

const UNCHANGED = 'Customers are valued by the version that serves until another is promoted.';

/** What a run has made. */
export function clvRegisteredNotice(
  { run_id, why, horizon_days }: ClvTrainingPlan,
  { version, status, blocking, customers, base, champion, gini, spearman }: ClvTrainingVerdict,
): TrainingNotice {
  const learned = `${customers}${base > customers ? ` of ${base}` : ''} customers, ${horizon_days} days ahead`;
  const measured =
    gini === null && spearman === null
      ? 'History is too short to measure it.'
      : `On later days: Gini ${figure(gini)}, Spearman ${figure(spearman)}.`;
  const head = `Run ${run_id} (${why}) registered clv ${version} (${champion}), learned from ${learned}. ${measured}`;
  if (status === 'candidate')
    return {
      severity: 'low',
      subject: `clv ${version} is a candidate`,
      body: `${head}\n\n${UNCHANGED}\n  foresight models card clv ${version}\n  foresight models promote clv ${version}\n`,
    };
  return {
    severity: 'medium',
    subject: `clv ${version} was rejected by its gates`,
    body: `${head}\n\n${blocking.map((gate) => `- ${gate.name}: ${gate.verdict}. ${gate.rule}\n`).join('')}\n${UNCHANGED}\n  foresight models card clv ${version}\n`,
  };
}

const figure = (value: number | null) => value?.toFixed(3) ?? 'not known';

/** What to do, by the name of the error that ended the run. */
const ADVICE: Readonly<Record<string, string>> = {
  NotEnoughData:
    'Import orders (docs/orders.md), then start a run with a cause of its own; or train by hand: foresight clv train.',
  ModelNotFound: 'Promote a version that is whole, then start a run with a cause of its own.',
  ModelDigestMismatch: 'Promote a version that is whole, then start a run with a cause of its own.',
  ExecutionConflict: 'Start it with a cause of its own, or with the same parameters.',
  InvalidRequest: 'Start it with other input.',
  'States.Timeout':
    'A step took too long: start a run with a cause of its own and fewer most_customers.',
};

const UNFORESEEN =
  "It was tried again as often as the machine allows. See the function's log, mend the cause and redrive the run.";

/** Why a run ended without a version, in words. */
export function clvFailureNotice(
  runId: string | null,
  { Error: name, Cause: cause }: CaughtError,
): TrainingNotice {
  return {
    severity: 'medium',
    subject: `clv-training ended without a version: ${name}`,
    body: `${runId ?? 'A run'} ended with ${name}: ${causeText(cause)}\n\n${ADVICE[name] ?? UNFORESEEN}\n${UNCHANGED}\n`,
  };
}
