import * as z from 'zod';
import { openStateMachines } from '#adapters/state-machines';
import {
  clvTrainingStart,
  startingEvent,
} from '../shared/domain/clv-training-run/training-start.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';

const environment = z.object({ CLV_TRAINING_MACHINE: z.string() });

/** Starts the run that a schedule or a drop asks for, once: EventBridge may call twice. */
export const handler = stepHandler(environment, startingEvent, ({ CLV_TRAINING_MACHINE }) => {
  const machines = openStateMachines();
  return async (event) => {
    const { name, input } = clvTrainingStart(event);
    await machines.start(CLV_TRAINING_MACHINE, name, input);
  };
});
