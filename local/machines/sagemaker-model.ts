import { hostedModelSchema } from '../../shared/domain/sagemaker/hosted-model.ts';
import { arnOf, once, requestOf } from './sagemaker-service.ts';
import type { TaskHandler } from './tasks.ts';

/** `sagemaker:createModel`: a name for an artifact, which transform jobs go by. */
export const createModel: TaskHandler = async (input) => {
  const request = requestOf('CreateModel', hostedModelSchema, input);
  await once('model', request.ModelName, request, async () => request);
  return { ModelArn: arnOf('model', request.ModelName) };
};
