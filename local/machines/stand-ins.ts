import type { TaskHandler, Tasks } from './tasks.ts';

/**
 * Services that really compute here, loaded when a machine first asks for one. A stand-in exports
 * a `TaskHandler` and has a line here.
 */
const STAND_INS: Readonly<Record<string, () => Promise<TaskHandler>>> = {
  'arn:aws:states:::athena:startQueryExecution.sync': async () =>
    (await import('./athena.ts')).startQueryExecution,
  'arn:aws:states:::sagemaker:createTrainingJob.sync': async () =>
    (await import('./sagemaker-training.ts')).createTrainingJob,
  'arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync': async () =>
    (await import('./sagemaker-tuning.ts')).createHyperParameterTuningJob,
  'arn:aws:states:::aws-sdk:sagemaker:listTrainingJobsForHyperParameterTuningJob': async () =>
    (await import('./sagemaker-tuning.ts')).listTrainingJobsForHyperParameterTuningJob,
  'arn:aws:states:::sagemaker:createModel': async () =>
    (await import('./sagemaker-model.ts')).createModel,
  'arn:aws:states:::sagemaker:createTransformJob.sync': async () =>
    (await import('./sagemaker-transform.ts')).createTransformJob,
};

export function standIns(): Tasks {
  return new Map(
    Object.entries(STAND_INS).map(([resource, load]) => [
      resource,
      async (input, signal) => (await load())(input, signal),
    ]),
  );
}
