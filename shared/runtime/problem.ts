import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Problem } from '../schemas/problem.ts';

/** Error name → what the caller is told. Everything else is a 500 without detail. */
const PROBLEMS: Readonly<Record<string, { status: number; title: string }>> = {
  InvalidRequest: { status: 400, title: 'The request is not valid' },
  BodyTooLarge: { status: 413, title: 'The request body is too large' },
  StreamUnavailable: { status: 503, title: 'Events cannot be stored right now' },
  StoreUnavailable: { status: 503, title: 'A store is not available right now' },
};

/** `InvalidRequest` → `urn:foresight:problem:invalid-request`. */
export function problemType(errorName: string): string {
  return `urn:foresight:problem:${errorName.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}`;
}

export function problemOf(error: unknown): Problem {
  const known = error instanceof Error ? PROBLEMS[error.name] : undefined;
  if (!(error instanceof Error) || !known) {
    return {
      type: problemType('InternalError'),
      title: 'Something failed here',
      status: 500,
      detail: 'The failure was logged with the id of this request.',
    };
  }
  const field = 'field' in error && typeof error.field === 'string' ? error.field : undefined;
  return {
    type: problemType(error.name),
    title: known.title,
    status: known.status,
    detail: error.message,
    ...(field === undefined ? {} : { field }),
  };
}

export function problemResponse(problem: Problem): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(problem.status === 503 ? { 'retry-after': '1' } : {}),
    },
    body: JSON.stringify(problem),
  };
}
