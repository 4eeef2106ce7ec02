import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import type * as z from 'zod';
import { UnsupportedEncoding } from '../errors.ts';
import { readEnvironment } from './environment.ts';
import { logger, observed } from './observability.ts';
import { once } from './once.ts';
import { problemOf, problemResponse } from './problem.ts';

export type HttpLogic = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * A handler of the HTTP API: reads the environment and composes at the first invocation, answers
 * typed errors as problem documents and logs what is not the caller's fault.
 */
export function httpHandler<Schema extends z.ZodType>(
  environment: Schema,
  compose: (environment: z.output<Schema>) => HttpLogic | Promise<HttpLogic>,
): HttpLogic {
  const logic = once(() => compose(readEnvironment(environment, process.env)));
  return observed(async (event: APIGatewayProxyEventV2, context: Context) => {
    try {
      return await (await logic())(event, context);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status >= 500) logger.error('request failed', error as Error);
      return problemResponse(problem);
    }
  });
}

/**
 * The body as text, whichever way the gateway passed it.
 * @throws UnsupportedEncoding where it is compressed: its true size is unknown until it is read
 */
export function bodyText(event: APIGatewayProxyEventV2): string {
  const encoding = event.headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw new UnsupportedEncoding('send the body as it is, without content-encoding');
  }
  const body = event.body ?? '';
  return event.isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
}

export function jsonResponse(statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
