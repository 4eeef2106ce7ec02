import * as z from 'zod';
import { openNotices } from '#adapters/notices';
import { failureNotice, registeredNotice } from '../shared/domain/training-run/notice.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { caughtError, trainingRun, trainingVerdict } from '../shared/schemas/training-run.ts';

const environment = z.object({ MEDIUM_NOTICES: z.string(), LOW_NOTICES: z.string() });

const outcome = z.union([
  z.object({ failure: caughtError, run: trainingRun.optional() }),
  z.object({ run: trainingRun, verdict: trainingVerdict }),
]);

/** Tells people how a run has ended. */
export const handler = stepHandler(environment, outcome, (names) => {
  const notices = openNotices({ medium: names.MEDIUM_NOTICES, low: names.LOW_NOTICES });
  return async (ended) => {
    await notices.publish(
      'failure' in ended
        ? failureNotice(ended.run?.run_id ?? null, ended.failure)
        : registeredNotice(ended.run, ended.verdict),
    );
  };
});
