import * as z from 'zod';
import { openNotices } from '#adapters/notices';
import { failureNotice } from '../shared/domain/batch-features-run/notice.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { failedRun } from '../shared/schemas/batch-features-run.ts';

const environment = z.object({ MEDIUM_NOTICES: z.string() });

/** Tells people why the snapshots of a date are not online. */
export const handler = stepHandler(environment, failedRun, (names) => {
  const notices = openNotices({ medium: names.MEDIUM_NOTICES });
  return async (failed) => notices.publish(failureNotice(failed));
});
