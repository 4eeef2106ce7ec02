import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { openNotices } from '#adapters/notices';
import { openObjectStore } from '#adapters/object-store';
import { compareWeeks } from '../shared/domain/clv-publication/compare-weeks.ts';
import { commitPublication } from '../shared/domain/clv-publication/publication.ts';
import { publicationNotice } from '../shared/domain/clv-publication/publication-notice.ts';
import { scoringPlan } from '../shared/domain/clv-publication/scoring-plan.ts';
import { metrics } from '../shared/runtime/observability.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({
  LAKE_BUCKET: z.string(),
  MEDIUM_NOTICES: z.string(),
  LOW_NOTICES: z.string(),
});

/** Switches the pointer to a run whose files are written, and tells how it differs from last week. */
export const handler = stepHandler(environment, z.object({ plan: scoringPlan }), (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  const notices = openNotices({ medium: names.MEDIUM_NOTICES, low: names.LOW_NOTICES });
  return async ({ plan }) => {
    const publication = await commitPublication(plan, lake);
    metrics.addMetric('CustomersValued', MetricUnit.Count, publication.counts.customers);
    const drift = await compareWeeks(publication, lake);
    await notices.publish(publicationNotice(publication, drift));
    const { run_id, as_of, counts, totals } = publication;
    return { run_id, as_of, counts, totals, drift };
  };
});
