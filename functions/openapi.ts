import * as z from 'zod';
import { openApiDocument } from '../shared/domain/openapi.ts';
import { httpHandler } from '../shared/runtime/http-handler.ts';

export const handler = httpHandler(z.object({}), () => {
  const body = JSON.stringify(openApiDocument());
  const headers = { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' };
  return async () => ({ statusCode: 200, headers, body });
});
