import { ServiceUnavailable } from '../../errors.ts';
import type { EventBus, Notices } from '../../ports.ts';
import type { MeasuredOutcomes } from './measure-outcomes.ts';

/** What is announced of a model that predicts worse than at its release. */
export const PERFORMANCE_DROPPED = 'ClvPerformanceDropped';

/**
 * Announces drops, one event a published day and metric, and tells people once.
 * @throws ServiceUnavailable
 */
export async function tellDrops(
  drops: MeasuredOutcomes['drops'],
  { bus, notices }: { readonly bus: EventBus; readonly notices: Notices<'medium'> },
): Promise<void> {
  if (drops.length === 0) return;
  const outcomes = await bus.putEvents(
    drops.map((drop) => ({ type: PERFORMANCE_DROPPED, detail: JSON.stringify(drop) })),
  );
  const refused = outcomes.filter((outcome) => outcome !== null);
  if (refused.length > 0)
    throw new ServiceUnavailable(
      `${refused.length} of ${drops.length} ${PERFORMANCE_DROPPED} were not taken (${refused[0]}): run it again`,
    );
  await notices.publish({
    severity: 'medium',
    subject: 'Customer values predict worse than at release: a training starts',
    body: drops
      .map(
        ({ as_of, model_version, window, metric, at_release, now, worse }) =>
          `${metric} of ${as_of} by ${model_version}, ${window === 'proxy' ? 'against the next 30 days' : 'over the whole horizon'}: ${now.toFixed(3)}, ${at_release.toFixed(3)} at release, ${(worse * 100).toFixed(0)} % worse\n`,
      )
      .join(''),
  });
}
