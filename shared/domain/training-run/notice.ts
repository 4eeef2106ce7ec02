import type { Severity } from '../../ports.ts';
import type { CaughtError, TrainingRun, TrainingVerdict } from '../../schemas/training-run.ts';
import { causeText } from '../cause-text.ts';

export interface TrainingNotice {
  readonly severity: Extract<Severity, 'medium' | 'low'>;
  readonly subject: string;
  readonly body: string;
}

/** What a run has made. */
export function registeredNotice(
  { run_id }: TrainingRun,
  { version, status, blocking, undecided, auc, average_precision }: TrainingVerdict,
): TrainingNotice {
  const open = undecided.length === 0 ? '' : `The data could not decide ${undecided.join(', ')}.\n`;
  const measured = `AUC ${figure(auc)}, average precision ${figure(average_precision)} on later sessions.\n`;
  if (status === 'candidate')
    return {
      severity: 'low',
      subject: `propensity ${version} is a candidate`,
      body: `Run ${run_id} registered propensity ${version}. ${measured}${open}
Nothing changes for shoppers until it is promoted:
  foresight models card propensity ${version}
  foresight models promote propensity ${version}
`,
    };
  return {
    severity: 'medium',
    subject: `propensity ${version} was rejected by its gates`,
    body: `Run ${run_id} trained propensity ${version} and registered it as rejected. ${measured}${open}
${blocking.map((gate) => `- ${gate.name}: ${gate.verdict}. ${gate.rule}\n`).join('')}
Nothing changes for shoppers: what served before serves on.
  foresight models card propensity ${version}
`,
  };
}

const figure = (value: number | null) => value?.toFixed(3) ?? 'not known';

interface Explanation {
  /** Fits the subject: `training: …`. */
  readonly what: string;
  readonly advice: string;
}

const AGAIN = 'Then redrive the run: what is done is not done again.';

/** By the name of the error that ended the run. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  DataHalted: {
    what: 'the data fails its expectations',
    advice: `Mend the data, or change a limit in expectations.json of the lake. ${AGAIN}`,
  },
  NotEnoughData: {
    what: 'not enough data',
    advice: 'Wait for more events, or start a run over a longer time, with a cause of its own.',
  },
  UnreadableInput: {
    what: 'a file of the lake cannot be read',
    advice: `Restore the file that is named, or take it out of the lake. ${AGAIN}`,
  },
  FutureInformation: {
    what: 'events tell of a time after their receipt',
    advice: `Take the named events out of the lake: a model would learn from what no score can know. ${AGAIN}`,
  },
  EveryTrialFailed: {
    what: 'every trial of the search failed',
    advice:
      'Start another run without a search, with a cause of its own; report what the first said.',
  },
  'States.TaskFailed': {
    what: 'the job of SageMaker failed',
    advice: `See its reason above and its log in /aws/sagemaker. ${AGAIN}`,
  },
  MalformedArtifact: {
    what: 'the training job left no usable model',
    advice:
      'Start another run, with a cause of its own; keep the artifact and report it if that ends alike.',
  },
  PredictionsDiffer: {
    what: 'the converted model predicts otherwise than its container',
    advice: 'Keep the artifact and report it: nothing was registered.',
  },
  RunIncomplete: {
    what: 'the run cannot go on from what it has',
    advice: 'Start another run, with a cause of its own.',
  },
  ExecutionConflict: {
    what: 'a run of this name exists with other parameters',
    advice: 'Start it with a cause of its own, or with the same parameters.',
  },
  InvalidRequest: { what: 'the run was started wrongly', advice: 'Start it with other input.' },
  'States.Timeout': {
    what: 'a step took too long',
    advice: `See which in the run's history; give the step more time or the function more memory. ${AGAIN}`,
  },
};

const UNFORESEEN: Explanation = {
  what: 'a step failed',
  advice: `It was tried again as often as the machine allows. See the function's log. ${AGAIN}`,
};

/** Why a run ended without a version, in words. */
export function failureNotice(
  runId: string | null,
  { Error: name, Cause: cause }: CaughtError,
): TrainingNotice {
  const { what, advice } = EXPLANATIONS[name] ?? UNFORESEEN;
  return {
    severity: 'medium',
    subject: `training: ${what}`,
    body: `${runId ?? 'A run'} ended with ${name}: ${causeText(cause)}

${advice}
Nothing changes for shoppers: what served before serves on.
docs/training.md tells what each notice means.
`,
  };
}
