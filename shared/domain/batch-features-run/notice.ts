import type { FailedRun } from '../../schemas/batch-features-run.ts';

/** By the name of the error that ended the run: what to do. */
const ADVICE: Readonly<Record<string, string>> = {
  MissingDay: 'Deliver the day, or start the run anew and name it as empty.',
  NotEnoughData: 'Look at what was delivered of the day that is named.',
  UnreadableInput: 'Mend what is named, or take it out of the lake.',
  InvalidRequest: 'Start it with other input.',
  StoreUnavailable: 'The online store did not take all items within the retries.',
  'States.Timeout': 'A step took too long: see which in the history of the run.',
  'States.TaskFailed': 'A query failed: its reason is above, the query in the history of the run.',
};

/** Why no snapshot of a date was loaded, or not all of it, in words. */
export function failureNotice({ date, failure }: FailedRun) {
  const severity = 'medium' as const;
  if ('halted' in failure) {
    const halting = failure.halted.filter(({ verdict }) => verdict === 'halt');
    return {
      severity,
      subject: `batch features of ${date} were not loaded`,
      body: `The snapshots of ${date} are not what they should be:
${halting.map(({ entity, name, detail }) => `- ${entity}, ${name}: ${detail}\n`).join('')}
Nothing was loaded: scores go on with the snapshot before. Mend the data and redrive the run, or
look at gold/validation/dt=${date} in the lake.
`,
    };
  }
  return {
    severity,
    subject: `batch features of ${date} failed`,
    body: `${failure.Error}: ${reasonOf(failure.Cause)}

${ADVICE[failure.Error] ?? 'It was tried again as often as the machine allows.'}
Then redrive the run: it goes on where it ended. Until then scores go on with the snapshot before.
`,
  };
}

/** Lambda's cause is JSON with a message in it, Athena's a description of the query. */
function reasonOf(cause: string): string {
  try {
    const { errorMessage, QueryExecution } = JSON.parse(cause);
    return errorMessage ?? QueryExecution?.Status?.StateChangeReason ?? cause;
  } catch {
    return cause; // of the machine itself: plain text
  }
}
