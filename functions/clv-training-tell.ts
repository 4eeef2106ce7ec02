import * as z from 'zod';
import { openNotices } from '#adapters/notices';
import { clvFailureNotice, clvRegisteredNotice } from '../shared/domain/clv-training-run/notice.ts';
import {
  clvTrainingPlan,
  clvTrainingVerdict,
} from '../shared/domain/clv-training-run/training-plan.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { caughtError } from '../shared/schemas/training-run.ts';

const environment = z.object({ MEDIUM_NOTICES: z.string(), LOW_NOTICES: z.string() });

const outcome = z.union([
  z.object({ failure: caughtError, plan: clvTrainingPlan.optional() }),
  z.object({ plan: clvTrainingPlan, verdict: clvTrainingVerdict }),
]);

/** Tells people how a run has ended. */
export const handler = stepHandler(environment, outcome, (names) => {
  const notices = openNotices({ medium: names.MEDIUM_NOTICES, low: names.LOW_NOTICES });
  return async (ended) => {
    await notices.publish(
      'failure' in ended
        ? clvFailureNotice(ended.plan?.run_id ?? null, ended.failure)
        : clvRegisteredNotice(ended.plan, ended.verdict),
    );
  };
});
