import * as z from 'zod';
import { openClock } from '#adapters/clock';
import { openStateMachines } from '#adapters/state-machines';
import { scheduleHandler } from '../shared/runtime/schedule-handler.ts';

const environment = z.object({ BATCH_FEATURES_MACHINE: z.string() });

/** Starts the run of today's snapshots, once: EventBridge may call twice. */
export const handler = scheduleHandler(environment, (names) => {
  const machines = openStateMachines();
  const clock = openClock();
  return async () => {
    const date = new Date(clock.now()).toISOString().slice(0, 10);
    const input = JSON.stringify({ date });
    await machines.start(names.BATCH_FEATURES_MACHINE, `batch-features-${date}`, input);
  };
});
