import * as z from 'zod';
import { httpHandler, jsonResponse } from '../shared/runtime/http-handler.ts';

const environment = z.object({ STAGE: z.string() });

export const handler = httpHandler(
  environment,
  ({ STAGE }) =>
    async () =>
      jsonResponse(200, { status: 'ok', stage: STAGE }),
);
